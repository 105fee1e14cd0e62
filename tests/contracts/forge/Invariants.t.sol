// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Escrow} from "src/Escrow.sol";
import {IDesigns} from "src/interfaces/IDesigns.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IMembers} from "src/interfaces/IMembers.sol";
import {IOrders} from "src/interfaces/IOrders.sol";
import {Guild} from "./Guild.sol";
import {People} from "./People.sol";

/// @title What holds after whatever people do, by the numbers of the design.
contract InvariantsTest {
    Guild private _guild;
    People private _people;

    function setUp() external {
        _guild = new Guild(IERC20(address(0)));
        _people = new People(_guild);
    }

    /// Foundry calls only these.
    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_people);
    }

    function invariant_O1_every_escrow_holds_what_it_locks_and_owes() external view {
        _balances(_guild.orders());
        _balances(_guild.members());
        _balances(_guild.disputes());
    }

    function invariant_O2_O7_an_order_locks_what_is_left_of_its_assignments() external view {
        for (uint256 n = 0; n < _people.orderCount(); ++n) {
            bytes32 id = _people.ids(n);
            IOrders.Order memory order = _guild.orders().orderOf(id);
            uint256 left = order.state == IOrders.OrderState.Open ? order.budget : 0;
            for (uint32 index = 0; index < order.assignments; ++index) {
                left += _left(_guild.orders().assignmentOf(id, index));
            }
            require(order.locked == left, "locked is not what is left");
            require(order.locked <= order.budget, "more locked than paid in");
        }
    }

    function invariant_O3_R1_credits_and_bonds_add_up() external view {
        uint256 credited = _guild.orders().credit(_people.CUSTOMER()) + _guild.orders().credit(address(_guild.treasury()));
        uint256 bonds = 0;
        for (uint256 n = 0; n < 3; ++n) {
            credited += _guild.orders().credit(_people.shops(n));
            IMembers.Member memory member = _guild.members().memberOf(_people.shops(n));
            bonds += member.bond + member.unbonding;
        }
        (uint64 lockedBonds,) = _guild.members().totals();
        (, uint64 owed) = _guild.orders().totals();
        require(owed == credited && lockedBonds == bonds, "sums differ");
    }

    function invariant_O4_O13_nothing_goes_back_and_no_terms_change() external view {
        require(!_people.brokenGraph(), "a paid milestone was unpaid or terms changed");
    }

    function invariant_O5_no_more_is_approved_than_there_is() external view {
        for (uint256 n = 0; n < _people.orderCount(); ++n) {
            bytes32 id = _people.ids(n);
            uint8 count = _guild.orders().orderOf(id).assignments;
            for (uint32 index = 0; index < count; ++index) {
                IOrders.Work memory work = _guild.orders().assignmentOf(id, index);
                require(work.approved <= work.milestones, "more approved than agreed");
            }
        }
    }

    function invariant_R2_R3_one_peer_one_account_and_epochs_rise() external view {
        require(!_people.brokenEpoch(), "an epoch did not rise");
        for (uint256 n = 0; n < 3; ++n) {
            bytes32 peer = _guild.members().memberOf(_people.shops(n)).peer;
            require(_guild.members().accountOf(peer) == _people.shops(n), "a peer speaks for another");
        }
    }

    function invariant_D3_D4_no_more_is_made_than_licensed_and_each_number_once() external view {
        for (uint256 n = 0; n < _people.licenceCount(); ++n) {
            bytes32 licence = _people.licences(n);
            IDesigns.Licence memory found = _guild.designs().licenceOf(licence);
            require(found.made <= found.maxUnits && found.made == _people.recorded(licence), "made and recorded differ");
        }
    }

    function invariant_P1_P2_histories_only_grow() external view {
        for (uint256 n = 0; n < 3; ++n) {
            (, uint64 count) = _guild.provenance().headOf(_people.shops(n));
            require(count == _people.anchored(_people.shops(n)), "a history lost records");
        }
    }

    function _balances(Escrow escrow) private view {
        (uint64 locked, uint64 credited) = escrow.totals();
        require(_guild.token().balanceOf(address(escrow)) == uint256(locked) + credited, "money is missing or stuck");
    }

    function _left(IOrders.Work memory work) private pure returns (uint256) {
        bool ended = work.state == IOrders.AssignmentState.Approved || work.state == IOrders.AssignmentState.Refunded
            || work.state == IOrders.AssignmentState.Ruled;
        return ended ? 0 : work.price - uint256(work.price) * work.approved / work.milestones;
    }
}
