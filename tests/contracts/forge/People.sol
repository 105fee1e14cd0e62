// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Designs} from "src/Designs.sol";
import {Disputes} from "src/Disputes.sol";
import {Members} from "src/Members.sol";
import {Orders} from "src/Orders.sol";
import {Provenance} from "src/Provenance.sol";
import {Rules} from "src/Rules.sol";
import {Treasury} from "src/Treasury.sol";
import {IDesigns} from "src/interfaces/IDesigns.sol";
import {IMembers} from "src/interfaces/IMembers.sol";
import {IOrders} from "src/interfaces/IOrders.sol";
import {VM, bound} from "./Cheats.sol";
import {Guild} from "./Guild.sol";

/// @title What people with a reason do; Foundry chooses who, when and how much. Nothing here may ever revert.
contract People {
    Guild public immutable guild;
    Orders private immutable _orders;
    Members private immutable _members;
    Designs private immutable _designs;
    Provenance private immutable _provenance;
    Disputes private immutable _disputes;
    Treasury private immutable _treasury;
    Rules private immutable _rules;
    address public constant CUSTOMER = address(0xC0FFEE);
    address[3] public shops = [address(0xA1), address(0xA2), address(0xA3)];

    bytes32[] public ids;
    mapping(bytes32 id => bytes32) public termsHash;
    mapping(bytes32 id => mapping(uint32 index => uint8)) public deepest;
    mapping(address account => uint64) public lastEpoch;
    bytes32[] public licences;
    mapping(bytes32 licence => uint32) public recorded;
    mapping(address publisher => uint64) public anchored;
    bool public brokenGraph;
    bool public brokenEpoch;
    uint256 public moves;

    constructor(Guild guild_) {
        guild = guild_;
        // Fetched once: a prank holds for the next call only, even one that asks for an address.
        _orders = guild_.orders();
        _members = guild_.members();
        _designs = guild_.designs();
        _provenance = guild_.provenance();
        _disputes = guild_.disputes();
        _treasury = guild_.treasury();
        _rules = guild_.rules();
        guild.give(CUSTOMER, 1e12);
        _allow(CUSTOMER);
        for (uint256 n = 0; n < 3; ++n) {
            guild.give(shops[n], 1e9);
            _allow(shops[n]);
            VM.prank(shops[n]);
            _members.bond(1000);
            _register(n, 0);
        }
    }

    function open(uint64 budget, uint40 term, uint16 late) external {
        bytes32 id = keccak256(abi.encode(ids.length));
        IOrders.Terms memory terms = IOrders.Terms({
            budget: uint64(bound(budget, 0, 1_000_000)),
            revealBy: 0,
            deadline: uint40(block.timestamp + bound(term, 1, 5000)),
            lateBps: uint16(bound(late, 0, 10_000)),
            call: "call",
            design: "design",
            packHash: _rules.packHash()
        });
        VM.prank(CUSTOMER);
        _orders.open(id, terms);
        ids.push(id);
        termsHash[id] = _termsOf(id);
        ++moves;
    }

    function award(uint256 which, uint256 luck, uint8 count) external {
        (bytes32 id, IOrders.Order memory order) = _order(which);
        if (order.state != IOrders.OrderState.Open || block.timestamp >= order.deadline) return;
        IOrders.Assignment[] memory wins = new IOrders.Assignment[](bound(count, 1, 4));
        for (uint256 n = 0; n < wins.length; ++n) {
            wins[n] = _win(uint256(keccak256(abi.encode(luck, n))), order, order.budget / uint64(wins.length));
        }
        VM.prank(CUSTOMER);
        _orders.award(id, "transcript", wins);
        _see(id);
    }

    function work(uint256 which, uint32 place, uint256 choice) external {
        (bytes32 id, IOrders.Order memory order) = _order(which);
        if (order.assignments == 0) return;
        uint32 index = uint32(place % order.assignments);
        IOrders.Work memory found = _orders.assignmentOf(id, index);
        bool inTime = block.timestamp < order.deadline;
        bool canReplace = inTime && _replaceable(order, found);
        if (found.state == IOrders.AssignmentState.Attested) _judge(id, index, order, found, choice);
        else if (found.state == IOrders.AssignmentState.Disputed) _decide(id, index, order, found, choice);
        else if (canReplace && choice % 5 == 0) _reaward(id, index, order, found, choice);
        else if (found.state == IOrders.AssignmentState.Assigned && inTime) _start(id, index, found, choice);
        else if (found.state == IOrders.AssignmentState.Accepted && inTime) _goOn(id, index, found, choice);
        _see(id);
    }

    function end(uint256 which, bool cancel) external {
        (bytes32 id, IOrders.Order memory order) = _order(which);
        if (order.state == IOrders.OrderState.Open && cancel) {
            VM.prank(CUSTOMER);
            _orders.cancel(id);
        } else if (block.timestamp >= order.deadline && _expirable(id, order)) {
            _orders.expire(id);
        }
        _see(id);
    }

    function withdraw(uint256 who) external {
        VM.prank(_person(who));
        _orders.withdraw();
        _treasury.collect(_orders);
    }

    function wait(uint32 time) external {
        VM.warp(block.timestamp + bound(time, 1, 600));
    }

    function member(uint256 who, uint256 choice, uint64 amount) external {
        uint256 n = who % 3;
        IMembers.Member memory found = _members.memberOf(shops[n]);
        if (choice % 4 == 0) {
            VM.prank(shops[n]);
            _members.bond(uint64(bound(amount, 0, 1000)));
        } else if (choice % 4 == 1 && found.bond > guild.BOND()) {
            uint64 leaving = uint64(bound(amount, 1, found.bond - guild.BOND()));
            VM.prank(shops[n]);
            _members.unbond(leaving);
        } else if (choice % 4 == 2 && block.timestamp >= found.due) {
            VM.prank(shops[n]);
            _members.release();
        } else if (choice % 4 == 3) {
            _register(n, choice);
        }
    }

    function license(uint256 who, uint32 units) external {
        bytes32 commitment = keccak256(abi.encode("commitment", licences.length));
        VM.prank(CUSTOMER);
        _designs.seal(commitment);
        VM.prank(CUSTOMER);
        licences.push(
            _designs.license(
                commitment, "package", shops[who % 3], uint32(bound(units, 1, 50)), uint64(block.timestamp + 2000)
            )
        );
    }

    function record(uint256 which, uint32 units) external {
        if (licences.length == 0) return;
        bytes32 licence = licences[which % licences.length];
        IDesigns.Licence memory found = _designs.licenceOf(licence);
        uint32 left = found.maxUnits - found.made;
        if (found.revoked || block.timestamp > found.expiry || left == 0) return;
        uint32 made = uint32(bound(units, 1, left));
        VM.prank(found.licensee);
        _designs.record(licence, made, "evidence");
        recorded[licence] += made;
    }

    function anchor(uint256 who, bytes32 root, uint64 count) external {
        if (root == 0) return;
        uint64 added = uint64(bound(count, 1, 1e9));
        VM.prank(shops[who % 3]);
        _provenance.anchor(root, added);
        anchored[shops[who % 3]] += added;
    }

    function orderCount() external view returns (uint256) {
        return ids.length;
    }

    function licenceCount() external view returns (uint256) {
        return licences.length;
    }

    function _start(bytes32 id, uint32 index, IOrders.Work memory found, uint256 choice) private {
        VM.prank(found.provider);
        if (choice % 4 == 1) _orders.decline(id, index);
        else _orders.accept(id, index);
    }

    function _goOn(bytes32 id, uint32 index, IOrders.Work memory found, uint256 choice) private {
        VM.prank(found.provider);
        if (choice % 8 == 1) _orders.decline(id, index);
        else _orders.attest(id, index, "evidence");
    }

    function _judge(bytes32 id, uint32 index, IOrders.Order memory order, IOrders.Work memory found, uint256 choice)
        private
    {
        bool windowOver = block.timestamp > found.since + order.reviewSeconds;
        VM.prank(windowOver && choice % 2 == 0 ? found.provider : CUSTOMER);
        if (!windowOver && choice % 3 == 0) _orders.dispute(id, index, "evidence");
        else _orders.approve(id, index);
    }

    function _decide(bytes32 id, uint32 index, IOrders.Order memory order, IOrders.Work memory found, uint256 choice)
        private
    {
        if (block.timestamp > found.since + order.disputeSeconds) {
            _disputes.close(id, index);
            return;
        }
        VM.prank(choice % 2 == 0 ? CUSTOMER : found.provider);
        _disputes.propose(id, index, uint16(bound(choice, 0, 10_000)));
    }

    function _reaward(bytes32 id, uint32 index, IOrders.Order memory order, IOrders.Work memory found, uint256 luck)
        private
    {
        IOrders.Assignment memory win = _win(luck, order, 2 * uint64(found.price) + 1);
        VM.prank(CUSTOMER);
        _orders.reaward(id, index, "transcript", win);
        deepest[id][index] = 0;
    }

    function _replaceable(IOrders.Order memory order, IOrders.Work memory found) private view returns (bool) {
        if (found.state == IOrders.AssignmentState.Declined) return true;
        if (found.state == IOrders.AssignmentState.Accepted) return block.timestamp > found.due;
        uint256 since = found.round == 0 ? order.awardedAt : found.since;
        return found.state == IOrders.AssignmentState.Assigned && block.timestamp > since + order.reviewSeconds;
    }

    function _expirable(bytes32 id, IOrders.Order memory order) private view returns (bool) {
        if (order.state == IOrders.OrderState.Open) return true;
        if (order.state != IOrders.OrderState.Awarded) return false;
        for (uint32 n = 0; n < order.assignments; ++n) {
            IOrders.AssignmentState state = _orders.assignmentOf(id, n).state;
            bool waits = state == IOrders.AssignmentState.Assigned || state == IOrders.AssignmentState.Accepted;
            if (waits || state == IOrders.AssignmentState.Declined) return true;
        }
        return false;
    }

    function _win(uint256 luck, IOrders.Order memory order, uint64 most)
        private
        view
        returns (IOrders.Assignment memory)
    {
        return IOrders.Assignment({
            provider: shops[luck % 3],
            price: uint40(bound(luck >> 8, 0, most)),
            units: 1,
            due: uint32(bound(luck >> 16, block.timestamp + 1, order.deadline)),
            milestones: uint8(bound(luck >> 24, 1, 8)),
            inspection: 0
        });
    }

    /// Compare with what was seen before: terminal states stay, milestones are not unpaid.
    function _see(bytes32 id) private {
        if (id == 0) return;
        ++moves;
        IOrders.Order memory order = _orders.orderOf(id);
        for (uint32 n = 0; n < order.assignments; ++n) {
            IOrders.Work memory found = _orders.assignmentOf(id, n);
            if (found.approved < deepest[id][n]) brokenGraph = true;
            deepest[id][n] = found.approved;
        }
        if (termsHash[id] != _termsOf(id)) brokenGraph = true;
    }

    function _termsOf(bytes32 id) private view returns (bytes32) {
        IOrders.Order memory order = _orders.orderOf(id);
        return keccak256(
            abi.encode(
                order.customer,
                order.deadline,
                order.lateBps,
                order.feeBps,
                order.reviewSeconds,
                order.disputeSeconds,
                order.call,
                order.design,
                order.packHash
            )
        );
    }

    function _register(uint256 n, uint256 luck) private {
        bytes32 peer = keccak256(abi.encode(n, luck % 5));
        VM.prank(shops[n]);
        _members.register(1, peer, "key", uint64(block.timestamp + 700 days));
        uint64 epoch = _members.memberOf(shops[n]).epoch;
        if (epoch <= lastEpoch[shops[n]]) brokenEpoch = true;
        lastEpoch[shops[n]] = epoch;
    }

    function _order(uint256 which) private view returns (bytes32 id, IOrders.Order memory order) {
        if (ids.length == 0) return (id, order);
        id = ids[which % ids.length];
        order = _orders.orderOf(id);
    }

    function _person(uint256 who) private view returns (address) {
        return who % 4 == 3 ? CUSTOMER : shops[who % 4];
    }

    function _allow(address account) private {
        IERC20 token = guild.token();
        VM.prank(account);
        token.approve(address(_orders), type(uint256).max);
        VM.prank(account);
        token.approve(address(_members), type(uint256).max);
    }
}
