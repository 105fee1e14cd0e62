// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEscrow} from "./IEscrow.sol";

/// @title Orders and their escrow.
/// @notice Nobody owns this contract, and nothing in it can be changed or paused. Money moves along the states below
/// and no other way; whoever is owed some withdraws it. All amounts are units of the settlement token, that is cents.
///
///   order:       Open -> Awarded -> Settled, Open -> Cancelled (customer) or Expired (time)
///   assignment:  Assigned -> Accepted -> Attested -> Approved, or Accepted again while milestones are left
///                Attested -> Disputed -> Ruled, or Accepted again when all was ruled the provider's
///                Assigned, Accepted -> Declined (provider); these three -> Assigned (another provider)
///                Assigned, Accepted, Declined -> Refunded (deadline passed)
///   bid:         Sealed -> Revealed, Forfeited (never revealed) or Returned (order cancelled)
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
        Cancelled,
        Expired
    }

    enum AssignmentState {
        None,
        Assigned,
        Accepted,
        Attested,
        Disputed,
        Declined,
        Approved,
        Refunded,
        Ruled
    }

    enum BidState {
        None,
        Sealed,
        Revealed,
        Forfeited,
        Returned
    }

    /// @notice What an order is opened with.
    struct Terms {
        uint64 budget;
        /// Last second in which bids may be revealed; it counts where the rules ask for bid bonds.
        uint40 revealBy;
        uint40 deadline;
        /// Agreed damages in hundredths of a per cent of a milestone for each day begun after the due time.
        uint16 lateBps;
        /// Leaf hash of the signed call for bids.
        bytes32 call;
        /// Commitment to the sealed design.
        bytes32 design;
        bytes32 packHash;
    }

    struct Order {
        address customer;
        uint40 deadline;
        uint32 awardedAt;
        OrderState state;
        /// Assignments of the award.
        uint8 assignments;
        /// Those of them that are not terminal yet.
        uint8 unsettled;
        /// With what re-awards added.
        uint64 budget;
        /// What is still in escrow; bids' bonds are not in it.
        uint64 locked;
        uint16 lateBps;
        /// The terms of the rule pack, as they were when the order was opened.
        uint16 feeBps;
        uint32 reviewSeconds;
        uint32 disputeSeconds;
        uint64 disputeFee;
        /// With zero, bids need no bond.
        uint64 bidBond;
        /// Zero when bids need no bond.
        uint40 revealBy;
        bytes32 call;
        bytes32 design;
        bytes32 packHash;
        /// Root over everything that the award follows from; zero before the award.
        bytes32 transcript;
    }

    /// @notice One winner's part of the award.
    struct Assignment {
        address provider;
        uint40 price;
        uint32 units;
        /// From then on delivery is late; not after the order's deadline.
        uint32 due;
        /// How many equal parts the price is paid in, 1 to 8; what does not divide falls to the later ones.
        uint8 milestones;
        /// Which assignment's provider measures what this one makes, counted from 1; zero for none.
        uint8 inspection;
    }

    /// @notice What became of an assignment.
    struct Work {
        address provider;
        uint40 price;
        uint32 due;
        AssignmentState state;
        uint8 milestones;
        uint8 inspection;
        /// Block time at which it came into `state`; zero while an award stands that nobody accepted.
        uint40 since;
        uint40 attestedAt;
        /// Milestones that are paid.
        uint8 approved;
        /// How often it was re-awarded.
        uint8 round;
        /// The inspecting assignment's round when this one was accepted: nobody exchanges the inspector afterwards.
        uint8 inspectionRound;
        /// Root over the records of how the latest milestone was done; zero before the first attestation.
        bytes32 evidence;
    }

    struct Bid {
        BidState state;
        bytes32 seal;
    }

    event Opened(
        bytes32 indexed id,
        address indexed customer,
        uint64 budget,
        bytes32 call,
        bytes32 design,
        bytes32 packHash,
        uint40 deadline
    );

    event BidSealed(bytes32 indexed id, address indexed bidder, bytes32 seal);

    event BidRevealed(bytes32 indexed id, address indexed bidder);

    /// @notice A bid was sealed and never opened; its bond is the customer's.
    event BidForfeited(bytes32 indexed id, address indexed bidder, uint64 amount);

    event BidReturned(bytes32 indexed id, address indexed bidder);

    /// @param total Sum of the prices; the rest of the budget goes back to the customer at once.
    event Awarded(bytes32 indexed id, bytes32 transcript, uint64 total);

    event Assigned(
        bytes32 indexed id,
        uint32 indexed index,
        address indexed provider,
        uint40 price,
        uint32 units,
        uint32 due,
        uint8 milestones,
        uint8 inspection
    );

    /// @notice Another provider takes the place of the one before; the others are not touched.
    /// @param transcript Root over everything that the replacement follows from.
    event Reawarded(bytes32 indexed id, uint32 indexed index, bytes32 transcript);

    event Accepted(bytes32 indexed id, uint32 indexed index, address indexed provider);

    event Declined(bytes32 indexed id, uint32 indexed index, address indexed provider);

    event Attested(bytes32 indexed id, uint32 indexed index, address indexed provider, bytes32 evidence);

    /// @notice A milestone is paid.
    /// @param paid To the provider; with `fee` and `damages` it is the milestone's part of the price.
    /// @param damages To the customer, for lateness.
    /// @param milestone Counted from 1; the last one ends the assignment.
    event Approved(
        bytes32 indexed id,
        uint32 indexed index,
        address indexed provider,
        uint64 paid,
        uint64 fee,
        uint64 damages,
        uint8 milestone
    );

    /// @param evidence What the customer objects with.
    event Disputed(bytes32 indexed id, uint32 indexed index, bytes32 evidence);

    /// @notice A dispute over a milestone has ended.
    /// @param refunded To the customer: what was not ruled the provider's and, unless all was, what was not yet due.
    event Ruled(
        bytes32 indexed id,
        uint32 indexed index,
        address indexed provider,
        uint64 refunded,
        uint64 paid,
        uint64 fee,
        bool ends
    );

    /// @notice Nobody attested before the deadline; `refunded` is what was not yet paid.
    event Refunded(bytes32 indexed id, uint32 indexed index, address indexed provider, uint64 refunded);

    /// @notice Every assignment is terminal and the order holds nothing.
    event Settled(bytes32 indexed id);

    /// @notice The customer took an order back that was not awarded.
    event Cancelled(bytes32 indexed id, uint64 refunded);

    /// @notice The deadline passed without an award.
    event Expired(bytes32 indexed id, uint64 refunded);

    error WrongOrderState(bytes32 id, OrderState found);
    error WrongAssignmentState(bytes32 id, uint32 index, AssignmentState found);
    error WrongBidState(bytes32 id, address bidder, BidState found);

    /// @notice The caller plays no part, or not this one.
    error NotAllowed(bytes32 id, address caller);

    /// @notice The members have paused new orders; running ones go on.
    error NewOrdersPaused(uint64 until);

    /// @notice The order would be under other rules than those in force.
    error WrongPack(bytes32 inForce, bytes32 found);

    /// @notice More than the rules allow in one order.
    error OverLimit(uint64 budget, uint64 limit);

    /// @notice A deadline lies ahead, and not more than two years.
    error BadDeadline(uint40 deadline);

    /// @notice Bids are revealed before the deadline.
    error BadReveal(uint40 revealBy);

    /// @notice Damages are at most the whole.
    error BadDamages(uint16 lateBps);

    error DeadlinePassed(bytes32 id, uint40 deadline);

    /// @notice A window has closed.
    error TooLate(bytes32 id, uint40 last);

    /// @notice Not before the block time is past `last`.
    error TooEarly(bytes32 id, uint40 last);

    /// @notice This order's bids need no bond.
    error NoBidBond(bytes32 id);

    /// @notice The opening does not give the seal.
    error WrongOpening(bytes32 seal);

    /// @notice An award has 1 to 32 assignments.
    error BadAssignments(uint256 count);

    /// @notice Due too early or too late, another number of milestones than 1 to 8, or inspected by itself or nobody.
    error BadTerms(bytes32 id, uint32 index);

    /// @notice Not a member that may act as a provider now.
    error NotProvider(address account);

    /// @notice In an order with bonded bids only those who revealed one win.
    error NotRevealed(address account);

    error OverBudget(uint256 total, uint64 budget);

    /// @notice More was ruled the provider's than is at stake.
    error BadRuling(uint64 toProvider, uint64 stake);

    /// @notice Work without records is not attested.
    error NoEvidence(bytes32 id, uint32 index);

    /// @notice Nothing of the order waits for its deadline.
    error NothingToExpire(bytes32 id);

    /// @notice Fees need somewhere to go.
    error ZeroTreasury();

    /// @notice Fund an order with the caller's tokens, which the caller has approved.
    function open(bytes32 id, Terms calldata terms) external;

    /// @notice Stake the order's bid bond on opening `seal` in time: SHA-256 of what will be shown.
    function bid(bytes32 id, bytes32 seal) external;

    /// @notice Show what the caller's seal was made of, and have the bond back.
    function reveal(bytes32 id, bytes calldata opening) external;

    /// @notice Anyone gives the customer the bond of a bid that was not revealed in time.
    function forfeit(bytes32 id, address bidder) external;

    /// @notice Anyone gives a bidder its bond back whose order was cancelled.
    function returnBid(bytes32 id, address bidder) external;

    /// @notice The customer awards, once, before the deadline.
    function award(bytes32 id, bytes32 transcript, Assignment[] calldata assignments) external;

    /// @notice The assignment's provider takes it on, with its terms, before the deadline.
    function accept(bytes32 id, uint32 index) external;

    /// @notice The provider gives the assignment back.
    function decline(bytes32 id, uint32 index) external;

    /// @notice The customer replaces a provider that declined, did not accept within the review window, or is late,
    /// before the deadline; a higher price is taken from the caller's tokens, a lower one credited.
    function reaward(bytes32 id, uint32 index, bytes32 transcript, Assignment calldata assignment) external;

    /// @notice The assignment's provider says that a milestone is done, before the deadline.
    function attest(bytes32 id, uint32 index, bytes32 evidence) external;

    /// @notice Pay a milestone: the customer at any time, the provider after the review window.
    function approve(bytes32 id, uint32 index) external;

    /// @notice The customer objects within the review window.
    function dispute(bytes32 id, uint32 index, bytes32 evidence) external;

    /// @notice The court gives `toProvider` of what is at stake to the provider, before the fee, and the rest back.
    function rule(bytes32 id, uint32 index, uint64 toProvider) external;

    /// @notice The customer takes back an order that is not awarded.
    function cancel(bytes32 id) external;

    /// @notice Anyone frees what nobody attested before the deadline; what is attested keeps its way to payment.
    function expire(bytes32 id) external;

    /// @notice The order; all zero if there is none.
    function orderOf(bytes32 id) external view returns (Order memory);

    /// @notice The assignment; all zero if there is none.
    function assignmentOf(bytes32 id, uint32 index) external view returns (Work memory);

    /// @notice The bonded bid; all zero if there is none.
    function bidOf(bytes32 id, address bidder) external view returns (Bid memory);

    /// @notice What the attested milestone pays when it is approved, damages taken off; zero when none waits for that.
    function atStake(bytes32 id, uint32 index) external view returns (uint64);

    /// @notice The only contract that may rule.
    function court() external view returns (address);

    /// @notice Where the fees go.
    function treasury() external view returns (address);
}
