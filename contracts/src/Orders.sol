// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Escrow} from "./Escrow.sol";
import {IMembers} from "./interfaces/IMembers.sol";
import {IOrders} from "./interfaces/IOrders.sol";
import {IRules} from "./interfaces/IRules.sol";

/// @title Orders and their escrow.
contract Orders is IOrders, Escrow {
    uint256 private constant MAX_ASSIGNMENTS = 32;
    /// Without it an order could lock its own money for ever.
    uint64 private constant MAX_TERM = 730 days;
    uint8 private constant PROVIDER = 1;

    IRules public immutable rules;
    IMembers public immutable members;
    address public immutable treasury;

    mapping(bytes32 id => Order) private _orders;
    mapping(bytes32 id => mapping(uint32 index => Work)) private _works;

    constructor(IERC20 token_, IRules rules_, IMembers members_, address treasury_) Escrow(token_) {
        if (treasury_ == address(0)) revert ZeroTreasury();
        rules = rules_;
        members = members_;
        treasury = treasury_;
    }

    /// @inheritdoc IOrders
    function open(bytes32 id, uint64 budget, bytes32 call, bytes32 design, bytes32 packHash, uint64 deadline) external {
        Order storage order = _orders[id];
        if (order.state != OrderState.None) revert WrongOrderState(id, order.state);
        if (packHash != rules.packHash()) revert WrongPack(rules.packHash(), packHash);
        uint64 pausedUntil = rules.pausedUntil();
        if (block.timestamp < pausedUntil) revert NewOrdersPaused(pausedUntil);
        IRules.Pack memory pack = rules.pack();
        if (budget > pack.maxBudgetCents) revert OverLimit(budget, pack.maxBudgetCents);
        if (deadline <= block.timestamp || deadline > block.timestamp + MAX_TERM) revert BadDeadline(deadline);

        order.customer = msg.sender;
        order.deadline = deadline;
        order.state = OrderState.Open;
        order.budget = budget;
        order.locked = budget;
        order.feeBps = uint16(pack.feeBps);
        order.reviewSeconds = uint32(pack.reviewSeconds);
        order.disputeSeconds = uint32(pack.disputeSeconds);
        order.call = call;
        order.design = design;
        order.packHash = packHash;
        emit Opened(id, msg.sender, budget, call, design, packHash, deadline);
        _lock(budget);
    }

    /// @inheritdoc IOrders
    function award(bytes32 id, bytes32 transcript, Assignment[] calldata assignments) external {
        Order storage order = _orders[id];
        _requireState(id, order, OrderState.Open);
        _requireCustomer(id, order);
        if (block.timestamp >= order.deadline) revert DeadlinePassed(id, order.deadline);
        if (assignments.length == 0 || assignments.length > MAX_ASSIGNMENTS) revert BadAssignments(assignments.length);

        uint256 total = 0;
        for (uint32 index = 0; index < assignments.length; ++index) {
            total += assignments[index].price;
            _assign(id, index, assignments[index]);
        }
        if (total > order.budget) revert OverBudget(total, order.budget);
        order.state = OrderState.Awarded;
        order.transcript = transcript;
        order.assignments = order.unsettled = uint8(assignments.length);
        emit Awarded(id, transcript, uint64(total));
        _credit(order, order.customer, order.budget - uint64(total));
    }

    /// @inheritdoc IOrders
    function attest(bytes32 id, uint32 index, bytes32 evidence) external {
        Work storage work = _works[id][index];
        _requireState(id, index, work, AssignmentState.Assigned);
        if (msg.sender != work.provider) revert NotAllowed(id, msg.sender);
        uint64 deadline = _orders[id].deadline;
        if (block.timestamp >= deadline) revert DeadlinePassed(id, deadline);

        _enter(work, AssignmentState.Attested);
        work.evidence = evidence;
        emit Attested(id, index, msg.sender, evidence);
    }

    /// @inheritdoc IOrders
    function approve(bytes32 id, uint32 index) external {
        Order storage order = _orders[id];
        Work storage work = _works[id][index];
        bool asCustomer = msg.sender == order.customer;
        if (!asCustomer && msg.sender != work.provider) revert NotAllowed(id, msg.sender);
        if (!asCustomer || work.state != AssignmentState.Disputed) {
            _requireState(id, index, work, AssignmentState.Attested);
        }
        uint64 last = work.since + order.reviewSeconds;
        if (!asCustomer && block.timestamp <= last) revert TooEarly(id, last);

        (uint64 paid, uint64 fee,) = _pay(order, work, work.price, AssignmentState.Approved);
        emit Approved(id, index, work.provider, paid, fee);
        _close(id, order);
    }

    /// @inheritdoc IOrders
    function dispute(bytes32 id, uint32 index, bytes32 evidence) external {
        Order storage order = _orders[id];
        Work storage work = _works[id][index];
        _requireState(id, index, work, AssignmentState.Attested);
        _requireCustomer(id, order);
        uint64 last = work.since + order.reviewSeconds;
        if (block.timestamp > last) revert TooLate(id, last);

        _enter(work, AssignmentState.Disputed);
        emit Disputed(id, index, evidence);
    }

    /// @inheritdoc IOrders
    function concede(bytes32 id, uint32 index) external {
        Work storage work = _works[id][index];
        _requireState(id, index, work, AssignmentState.Disputed);
        if (msg.sender != work.provider) revert NotAllowed(id, msg.sender);

        _refund(id, index, 0, AssignmentState.Refunded);
        _close(id, _orders[id]);
    }

    /// @inheritdoc IOrders
    function expireDispute(bytes32 id, uint32 index) external {
        Work storage work = _works[id][index];
        _requireState(id, index, work, AssignmentState.Disputed);
        uint64 last = work.since + _orders[id].disputeSeconds;
        if (block.timestamp <= last) revert TooEarly(id, last);

        _refund(id, index, work.price / 2, AssignmentState.Split);
        _close(id, _orders[id]);
    }

    /// @inheritdoc IOrders
    function cancel(bytes32 id) external {
        Order storage order = _orders[id];
        _requireState(id, order, OrderState.Open);
        _requireCustomer(id, order);

        emit Cancelled(id, _giveBack(order));
    }

    /// @inheritdoc IOrders
    function expire(bytes32 id) external {
        Order storage order = _orders[id];
        if (order.state != OrderState.Open) _requireState(id, order, OrderState.Awarded);
        if (block.timestamp < order.deadline) revert TooEarly(id, order.deadline - 1);
        if (order.state == OrderState.Open) {
            emit Expired(id, _giveBack(order));
            return;
        }

        uint8 before = order.unsettled;
        for (uint32 index = 0; index < order.assignments; ++index) {
            if (_works[id][index].state == AssignmentState.Assigned) {
                _refund(id, index, 0, AssignmentState.Refunded);
                _close(id, order);
            }
        }
        if (order.unsettled == before) revert NothingToExpire(id);
    }

    /// @inheritdoc IOrders
    function orderOf(bytes32 id) external view returns (Order memory) {
        return _orders[id];
    }

    /// @inheritdoc IOrders
    function assignmentOf(bytes32 id, uint32 index) external view returns (Work memory) {
        return _works[id][index];
    }

    function _assign(bytes32 id, uint32 index, Assignment calldata assignment) private {
        if (!members.holds(assignment.provider, PROVIDER)) revert NotProvider(assignment.provider);
        Work storage work = _works[id][index];
        work.provider = assignment.provider;
        work.price = assignment.price;
        work.units = assignment.units;
        _enter(work, AssignmentState.Assigned);
        emit Assigned(id, index, assignment.provider, assignment.price, assignment.units);
    }

    function _enter(Work storage work, AssignmentState state) private {
        work.state = state;
        work.since = uint64(block.timestamp);
    }

    function _refund(bytes32 id, uint32 index, uint64 gross, AssignmentState end) private {
        Work storage work = _works[id][index];
        (uint64 paid, uint64 fee, uint64 refunded) = _pay(_orders[id], work, gross, end);
        emit Refunded(id, index, work.provider, refunded, paid, fee);
    }

    /// End an assignment: `gross` of its price to the provider, less the fee, and the rest to the customer.
    function _pay(Order storage order, Work storage work, uint64 gross, AssignmentState end)
        private
        returns (uint64 paid, uint64 fee, uint64 refunded)
    {
        fee = uint64(uint256(gross) * order.feeBps / 10_000);
        paid = gross - fee;
        refunded = work.price - gross;
        _enter(work, end);
        _credit(order, work.provider, paid);
        _credit(order, treasury, fee);
        _credit(order, order.customer, refunded);
    }

    function _giveBack(Order storage order) private returns (uint64 refunded) {
        refunded = order.locked;
        order.state = OrderState.Cancelled;
        _credit(order, order.customer, refunded);
    }

    function _credit(Order storage order, address account, uint64 amount) private {
        order.locked -= amount;
        _release(account, amount);
    }

    function _close(bytes32 id, Order storage order) private {
        order.unsettled -= 1;
        if (order.unsettled != 0) return;
        order.state = OrderState.Settled;
        emit Settled(id);
    }

    function _requireState(bytes32 id, Order storage order, OrderState wanted) private view {
        if (order.state != wanted) revert WrongOrderState(id, order.state);
    }

    function _requireState(bytes32 id, uint32 index, Work storage work, AssignmentState wanted) private view {
        if (work.state != wanted) revert WrongAssignmentState(id, index, work.state);
    }

    function _requireCustomer(bytes32 id, Order storage order) private view {
        if (msg.sender != order.customer) revert NotAllowed(id, msg.sender);
    }
}
