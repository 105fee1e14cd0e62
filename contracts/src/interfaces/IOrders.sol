// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEscrow} from "./IEscrow.sol";

/// @title Orders and their escrow.
/// @notice Nobody owns this contract, and nothing in it can be changed or paused. Money moves along the states below
/// and no other way; whoever is owed some withdraws it. All amounts are units of the settlement token, that is cents.
///
///   order:       Open -> Awarded -> Settled, or Open -> Cancelled
///   assignment:  Assigned -> Attested -> Approved
///                Assigned -> Refunded (deadline passed)
///                Attested -> Disputed -> Approved (customer), Refunded (provider concedes) or Split (time)
///
/// "Before the deadline" means block time < deadline. "Within a window" includes its last second; "after" does not.
///
/// An identifier is used once. Somebody who sees it in a pending transaction can use it up in an order of his own, at
/// his own cost: the customer then takes another, and bidders compare the order's customer with the call's.
interface IOrders is IEscrow {
    enum OrderState {
        None,
        Open,
        Awarded,
        Settled,
        Cancelled
    }

    enum AssignmentState {
        None,
        Assigned,
        Attested,
        Disputed,
        Approved,
        Refunded,
        Split
    }

    struct Order {
        address customer;
        uint64 deadline;
        OrderState state;
        /// Assignments of the award.
        uint8 assignments;
        /// Those of them that are not terminal yet.
        uint8 unsettled;
        uint64 budget;
        /// What is still in escrow.
        uint64 locked;
        /// The terms of the rule pack, as they were when the order was opened.
        uint16 feeBps;
        uint32 reviewSeconds;
        uint32 disputeSeconds;
        /// Leaf hash of the signed call for bids.
        bytes32 call;
        /// Commitment to the sealed design.
        bytes32 design;
        bytes32 packHash;
        /// Root over everything that the award follows from; zero before the award.
        bytes32 transcript;
    }

    /// @notice One winner's part of the award.
    struct Assignment {
        address provider;
        uint64 price;
        uint32 units;
    }

    /// @notice What became of an assignment.
    struct Work {
        address provider;
        uint64 price;
        uint32 units;
        AssignmentState state;
        /// Block time at which it came into `state`.
        uint64 since;
        /// Root over the records of how it was done; zero before the attestation.
        bytes32 evidence;
    }

    event Opened(
        bytes32 indexed id,
        address indexed customer,
        uint64 budget,
        bytes32 call,
        bytes32 design,
        bytes32 packHash,
        uint64 deadline
    );

    /// @param total Sum of the prices; the rest of the budget goes back to the customer at once.
    event Awarded(bytes32 indexed id, bytes32 transcript, uint64 total);

    event Assigned(
        bytes32 indexed id, uint32 indexed index, address indexed provider, uint64 price, uint32 units
    );

    event Attested(bytes32 indexed id, uint32 indexed index, address indexed provider, bytes32 evidence);

    /// @param paid To the provider; with `fee` it is the price.
    event Approved(bytes32 indexed id, uint32 indexed index, address indexed provider, uint64 paid, uint64 fee);

    /// @param evidence What the customer objects with.
    event Disputed(bytes32 indexed id, uint32 indexed index, bytes32 evidence);

    /// @notice An assignment ended otherwise than by approval: conceded, never attested, or split.
    /// @param refunded To the customer; with `paid` and `fee` it is the price.
    event Refunded(
        bytes32 indexed id,
        uint32 indexed index,
        address indexed provider,
        uint64 refunded,
        uint64 paid,
        uint64 fee
    );

    /// @notice Every assignment is terminal and the order holds nothing.
    event Settled(bytes32 indexed id);

    /// @notice The customer took an order back that was not awarded.
    event Cancelled(bytes32 indexed id, uint64 refunded);

    /// @notice The deadline passed without an award.
    event Expired(bytes32 indexed id, uint64 refunded);

    error WrongOrderState(bytes32 id, OrderState found);
    error WrongAssignmentState(bytes32 id, uint32 index, AssignmentState found);

    /// @notice The caller plays no part, or not this one.
    error NotAllowed(bytes32 id, address caller);

    /// @notice The members have paused new orders; running ones go on.
    error NewOrdersPaused(uint64 until);

    /// @notice The order would be under other rules than those in force.
    error WrongPack(bytes32 inForce, bytes32 found);

    /// @notice More than the rules allow in one order.
    error OverLimit(uint64 budget, uint64 limit);

    /// @notice A deadline lies ahead, and not more than two years.
    error BadDeadline(uint64 deadline);

    error DeadlinePassed(bytes32 id, uint64 deadline);

    /// @notice A window has closed.
    error TooLate(bytes32 id, uint64 last);

    /// @notice Not before the block time is past `last`.
    error TooEarly(bytes32 id, uint64 last);

    /// @notice An award has 1 to 32 assignments.
    error BadAssignments(uint256 count);

    /// @notice Not a member that may act as a provider now.
    error NotProvider(address account);

    error OverBudget(uint256 total, uint64 budget);

    /// @notice Nothing of the order waits for its deadline.
    error NothingToExpire(bytes32 id);

    /// @notice Fees need somewhere to go.
    error ZeroTreasury();

    /// @notice Fund an order with the caller's tokens, which the caller has approved.
    function open(bytes32 id, uint64 budget, bytes32 call, bytes32 design, bytes32 packHash, uint64 deadline) external;

    /// @notice The customer awards, once, before the deadline.
    function award(bytes32 id, bytes32 transcript, Assignment[] calldata assignments) external;

    /// @notice The assignment's provider says that it is done, before the deadline.
    function attest(bytes32 id, uint32 index, bytes32 evidence) external;

    /// @notice Pay: the customer at any time, also in a dispute; the provider after the review window.
    function approve(bytes32 id, uint32 index) external;

    /// @notice The customer objects within the review window.
    function dispute(bytes32 id, uint32 index, bytes32 evidence) external;

    /// @notice The provider gives a disputed price back.
    function concede(bytes32 id, uint32 index) external;

    /// @notice Anyone halves a dispute after its window; the odd cent is the customer's.
    function expireDispute(bytes32 id, uint32 index) external;

    /// @notice The customer takes back an order that is not awarded.
    function cancel(bytes32 id) external;

    /// @notice Anyone frees what nobody attested before the deadline; what is attested keeps its way to payment.
    function expire(bytes32 id) external;

    /// @notice The order; all zero if there is none.
    function orderOf(bytes32 id) external view returns (Order memory);

    /// @notice The assignment; all zero if there is none.
    function assignmentOf(bytes32 id, uint32 index) external view returns (Work memory);
}
