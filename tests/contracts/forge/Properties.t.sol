// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Orders} from "src/Orders.sol";
import {Rules} from "src/Rules.sol";
import {IOrders} from "src/interfaces/IOrders.sol";
import {IRules} from "src/interfaces/IRules.sol";
import {MerkleTree} from "src/libraries/MerkleTree.sol";
import {VM, bound} from "./Cheats.sol";
import {Guild} from "./Guild.sol";

/// @title A token that tells the receiver of a transfer, as ERC-777 does.
contract TellingToken is ERC20("Telling", "TELL") {
    mapping(address account => bool) private _listens;

    constructor() {
        _mint(msg.sender, 1e15);
    }

    function listen() external {
        _listens[msg.sender] = true;
    }

    function _update(address from, address to, uint256 amount) internal override {
        super._update(from, to, amount);
        if (_listens[to]) Told(to).told();
    }
}

interface Told {
    function told() external;
}

/// @title A customer that withdraws again while it is being paid, or lets nobody pay it.
contract Customer is Told {
    Orders private immutable _orders;
    bool private immutable _refuses;
    uint256 public attempts;

    constructor(Orders orders, bool refuses) {
        _orders = orders;
        _refuses = refuses;
    }

    function start(bytes32 id, IOrders.Terms calldata terms) external {
        _orders.token().approve(address(_orders), type(uint256).max);
        _orders.open(id, terms);
        _orders.cancel(id);
    }

    function take() external {
        TellingToken(address(_orders.token())).listen();
        _orders.withdraw();
    }

    function told() external {
        if (_refuses) revert("no");
        if (attempts++ < 3) _orders.withdraw();
    }
}

/// @title Single claims, for whatever values Foundry finds.
contract PropertiesTest {
    function test_O11_a_second_withdrawal_inside_a_payment_gains_nothing(uint64 budget) external {
        (TellingToken token, Guild guild) = _told();
        Customer customer = new Customer(guild.orders(), false);
        uint64 paid = _run(token, guild, customer, budget);
        customer.take();
        assert(token.balanceOf(address(customer)) == paid);
        assert(token.balanceOf(address(guild.orders())) == 0);
    }

    function test_O12_who_cannot_be_paid_blocks_nobody(uint64 budget) external {
        (TellingToken token, Guild guild) = _told();
        Customer stuck = new Customer(guild.orders(), true);
        Customer other = new Customer(guild.orders(), false);
        _fund(token, address(other), 1000);
        other.start("other", _terms(guild, 1000));
        uint64 paid = _run(token, guild, stuck, budget);
        VM.assume(paid != 0);
        try stuck.take() {
            assert(false);
        } catch {}
        other.take();
        assert(token.balanceOf(address(other)) == 1000);
        assert(guild.orders().credit(address(stuck)) == paid);
    }

    function test_O10_milestones_come_to_the_price(uint40 price, uint8 parts) external pure {
        uint256 milestones = bound(parts, 1, 8);
        uint256 sum = 0;
        for (uint256 n = 0; n < milestones; ++n) {
            sum += uint256(price) * (n + 1) / milestones - uint256(price) * n / milestones;
        }
        assert(sum == price);
    }

    function test_G1_nobody_but_the_governor_adopts(address caller) external {
        Guild guild = new Guild(IERC20(address(0)));
        VM.assume(caller != address(guild));
        IRules.Pack memory next = guild.pack(2);
        Rules rules = guild.rules();
        VM.prank(caller);
        try rules.adopt(next) {
            assert(false);
        } catch {}
    }

    function test_G7_no_pack_out_of_bounds_is_adopted(uint64 fee, uint64 budget) external {
        Guild guild = new Guild(IERC20(address(0)));
        IRules.Pack memory next = guild.pack(2);
        (next.feeBps, next.maxBudgetCents) = (fee, budget);
        Rules rules = guild.rules();
        VM.prank(address(guild));
        try rules.adopt(next) {
            assert(fee <= 1000 && budget <= 1e12);
        } catch {
            assert(fee > 1000 || budget > 1e12);
        }
    }

    function test_D7_an_index_outside_the_tree_is_in_no_tree(bytes32 root, bytes32 leaf, uint64 index, uint64 size)
        external
        view
    {
        VM.assume(index >= size);
        bytes32[] memory proof = new bytes32[](0);
        assert(!this.includes(root, leaf, index, size, proof));
    }

    function includes(bytes32 root, bytes32 leaf, uint64 index, uint64 size, bytes32[] calldata proof)
        external
        pure
        returns (bool)
    {
        return MerkleTree.includes(root, leaf, index, size, proof);
    }

    function _told() private returns (TellingToken token, Guild guild) {
        token = new TellingToken();
        guild = new Guild(token);
    }

    function _run(TellingToken token, Guild guild, Customer customer, uint64 budget) private returns (uint64 paid) {
        paid = uint64(bound(budget, 0, 1_000_000));
        _fund(token, address(customer), paid);
        customer.start("order", _terms(guild, paid));
    }

    function _fund(TellingToken token, address account, uint64 amount) private {
        if (amount != 0) token.transfer(account, amount);
    }

    function _terms(Guild guild, uint64 budget) private view returns (IOrders.Terms memory) {
        return IOrders.Terms({
            budget: budget,
            revealBy: 0,
            deadline: uint40(block.timestamp + 100),
            lateBps: 0,
            call: "call",
            design: "design",
            packHash: guild.rules().packHash()
        });
    }
}
