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
    uint8 private constant MAX_MILESTONES = 8;
    /// Without it an order could lock its own money for ever.
    uint40 private constant MAX_TERM = 730 days;
    uint16 private constant WHOLE_BPS = 10_000;
    uint8 private constant PROVIDER = 1;

    IRules public immutable rules;
    IMembers public immutable members;

    /// @inheritdoc IOrders
    address public immutable court;

    /// @inheritdoc IOrders
    address public immutable treasury;

    mapping(bytes32 id => Order) private _orders;
    mapping(bytes32 id => mapping(uint32 index => Work)) private _works;
    mapping(bytes32 id => mapping(address bidder => Bid)) private _bids;

    constructor(IERC20 token_, IRules rules_, IMembers members_, address court_, address treasury_) Escrow(token_) {
        if (treasury_ == address(0)) revert ZeroTreasury();
        rules = rules_;
        members = members_;
        court = court_;
        treasury = treasury_;
    }

    /// @inheritdoc IOrders
    function open(bytes32 id, Terms calldata terms) external {
        Order storage order = _orders[id];
        if (order.state != OrderState.None) revert WrongOrderState(id, order.state);
        if (terms.packHash != rules.packHash()) revert WrongPack(rules.packHash(), terms.packHash);
        uint64 pausedUntil = rules.pausedUntil();
        if (block.timestamp < pausedUntil) revert NewOrdersPaused(pausedUntil);
        IRules.Pack memory pack = rules.pack();
        if (terms.budget > pack.maxBudgetCents) revert OverLimit(terms.budget, pack.maxBudgetCents);
        if (terms.deadline <= block.timestamp || terms.deadline > block.timestamp + MAX_TERM) {
            revert BadDeadline(terms.deadline);
        }
        if (terms.revealBy >= terms.deadline) revert BadReveal(terms.revealBy);
        if (terms.lateBps > WHOLE_BPS) revert BadDamages(terms.lateBps);

        order.customer = msg.sender;
        order.deadline = terms.deadline;
        order.state = OrderState.Open;
        order.budget = terms.budget;
        order.locked = terms.budget;
        order.lateBps = terms.lateBps;
        order.feeBps = uint16(pack.feeBps);
        order.reviewSeconds = uint32(pack.reviewSeconds);
        order.disputeSeconds = uint32(pack.disputeSeconds);
        if (pack.disputeFeeCents != 0) order.disputeFee = pack.disputeFeeCents;
        if (pack.bidBondCents != 0) (order.bidBond, order.revealBy) = (pack.bidBondCents, terms.revealBy);
        order.call = terms.call;
        order.design = terms.design;
        order.packHash = terms.packHash;
        emit Opened(id, msg.sender, terms.budget, terms.call, terms.design, terms.packHash, terms.deadline);
        _lock(terms.budget);
    }

    /// @inheritdoc IOrders
    function bid(bytes32 id, bytes32 seal) external {
        Order storage order = _orders[id];
        Bid storage sealedBid = _bids[id][msg.sender];
        _requireState(id, order, OrderState.Open);
        if (order.bidBond == 0) revert NoBidBond(id);
        if (block.timestamp > order.revealBy) revert TooLate(id, order.revealBy);
        _requireBid(id, msg.sender, BidState.None);

        sealedBid.state = BidState.Sealed;
        sealedBid.seal = seal;
        emit BidSealed(id, msg.sender, seal);
        _lock(order.bidBond);
    }

    /// @inheritdoc IOrders
    function reveal(bytes32 id, bytes calldata opening) external {
        Order storage order = _orders[id];
        _requireBid(id, msg.sender, BidState.Sealed);
        if (block.timestamp > order.revealBy) revert TooLate(id, order.revealBy);
        bytes32 seal = _bids[id][msg.sender].seal;
        if (sha256(opening) != seal) revert WrongOpening(seal);

        emit BidRevealed(id, msg.sender);
        _endBid(id, msg.sender, BidState.Revealed, msg.sender);
    }

    /// @inheritdoc IOrders
    function forfeit(bytes32 id, address bidder) external {
        Order storage order = _orders[id];
        _requireBid(id, bidder, BidState.Sealed);
        if (order.state == OrderState.Cancelled) revert WrongOrderState(id, order.state);
        if (block.timestamp <= order.revealBy) revert TooEarly(id, order.revealBy);

        emit BidForfeited(id, bidder, order.bidBond);
        _endBid(id, bidder, BidState.Forfeited, order.customer);
    }

    /// @inheritdoc IOrders
    function returnBid(bytes32 id, address bidder) external {
        _requireBid(id, bidder, BidState.Sealed);
        _requireState(id, _orders[id], OrderState.Cancelled);

        emit BidReturned(id, bidder);
        _endBid(id, bidder, BidState.Returned, bidder);
    }

    /// @inheritdoc IOrders
    function award(bytes32 id, bytes32 transcript, Assignment[] calldata assignments) external {
        Order storage order = _orders[id];
        _requireState(id, order, OrderState.Open);
        _requireCustomer(id, order);
        _requireTime(id, order);
        uint256 count = assignments.length;
        if (count == 0 || count > MAX_ASSIGNMENTS) revert BadAssignments(count);

        order.state = OrderState.Awarded;
        order.awardedAt = uint32(block.timestamp);
        order.transcript = transcript;
        order.assignments = order.unsettled = uint8(count);
        uint256 total = 0;
        for (uint32 index = 0; index < count; ++index) {
            Assignment calldata assignment = assignments[index];
            if (order.bidBond != 0 && _bids[id][assignment.provider].state != BidState.Revealed) {
                revert NotRevealed(assignment.provider);
            }
            total += assignment.price;
            _assign(id, index, order, assignment);
        }
        if (total > order.budget) revert OverBudget(total, order.budget);
        emit Awarded(id, transcript, uint64(total));
        _credit(order, order.customer, order.budget - uint64(total));
    }

    /// @inheritdoc IOrders
    function accept(bytes32 id, uint32 index) external {
        Work storage work = _works[id][index];
        _requireState(id, index, work, AssignmentState.Assigned);
        _requireProvider(id, work);
        _requireTime(id, _orders[id]);

        _enter(work, AssignmentState.Accepted);
        if (work.inspection != 0) work.inspectionRound = _works[id][work.inspection - 1].round;
        emit Accepted(id, index, msg.sender);
    }

    /// @inheritdoc IOrders
    function decline(bytes32 id, uint32 index) external {
        Work storage work = _works[id][index];
        if (work.state != AssignmentState.Accepted) _requireState(id, index, work, AssignmentState.Assigned);
        _requireProvider(id, work);

        _enter(work, AssignmentState.Declined);
        emit Declined(id, index, msg.sender);
    }

    /// @inheritdoc IOrders
    function reaward(bytes32 id, uint32 index, bytes32 transcript, Assignment calldata assignment) external {
        Order storage order = _orders[id];
        Work storage work = _works[id][index];
        _requireCustomer(id, order);
        _requireTime(id, order);
        _requireReplaceable(id, index, order, work);

        uint64 left = _left(work);
        uint64 added = assignment.price > left ? assignment.price - left : 0;
        work.approved = 0;
        work.attestedAt = 0;
        work.evidence = 0;
        work.round += 1;
        work.since = uint40(block.timestamp);
        order.budget += added;
        order.locked += added;
        emit Reawarded(id, index, transcript);
        _assign(id, index, order, assignment);
        if (added == 0) _credit(order, order.customer, left - assignment.price);
        else _lock(added);
    }

    /// @inheritdoc IOrders
    function attest(bytes32 id, uint32 index, bytes32 evidence) external {
        Work storage work = _works[id][index];
        _requireState(id, index, work, AssignmentState.Accepted);
        _requireProvider(id, work);
        _requireTime(id, _orders[id]);
        if (evidence == 0) revert NoEvidence(id, index);

        _enter(work, AssignmentState.Attested);
        work.attestedAt = uint40(block.timestamp);
        work.evidence = evidence;
        emit Attested(id, index, msg.sender, evidence);
    }

    /// @inheritdoc IOrders
    function approve(bytes32 id, uint32 index) external {
        Order storage order = _orders[id];
        Work storage work = _works[id][index];
        _requireState(id, index, work, AssignmentState.Attested);
        if (msg.sender != order.customer) {
            _requireProvider(id, work);
            uint40 last = work.since + order.reviewSeconds;
            if (block.timestamp <= last) revert TooEarly(id, last);
        }

        uint64 stake = _stake(order, work);
        uint64 damages = _milestone(work) - stake;
        uint64 fee = _pay(order, work, stake);
        _credit(order, order.customer, damages);
        work.approved += 1;
        emit Approved(id, index, work.provider, stake - fee, fee, damages, work.approved);
        _goOn(id, order, work);
    }

    /// @inheritdoc IOrders
    function dispute(bytes32 id, uint32 index, bytes32 evidence) external {
        Order storage order = _orders[id];
        Work storage work = _works[id][index];
        _requireState(id, index, work, AssignmentState.Attested);
        _requireCustomer(id, order);
        uint40 last = work.since + order.reviewSeconds;
        if (block.timestamp > last) revert TooLate(id, last);

        _enter(work, AssignmentState.Disputed);
        emit Disputed(id, index, evidence);
    }

    /// @inheritdoc IOrders
    function rule(bytes32 id, uint32 index, uint64 toProvider) external {
        if (msg.sender != court) revert NotAllowed(id, msg.sender);
        Order storage order = _orders[id];
        Work storage work = _works[id][index];
        _requireState(id, index, work, AssignmentState.Disputed);
        uint64 stake = _stake(order, work);
        if (toProvider > stake) revert BadRuling(toProvider, stake);

        bool ends = toProvider != stake || work.approved + 1 == work.milestones;
        uint64 refunded = (ends ? _left(work) : _milestone(work)) - toProvider;
        uint64 fee = _pay(order, work, toProvider);
        _credit(order, order.customer, refunded);
        emit Ruled(id, index, work.provider, refunded, toProvider - fee, fee, ends);
        if (ends) {
            _end(id, order, work, AssignmentState.Ruled);
        } else {
            work.approved += 1;
            _enter(work, AssignmentState.Accepted);
        }
    }

    /// @inheritdoc IOrders
    function cancel(bytes32 id) external {
        Order storage order = _orders[id];
        _requireState(id, order, OrderState.Open);
        _requireCustomer(id, order);

        emit Cancelled(id, _giveBack(order, OrderState.Cancelled));
    }

    /// @inheritdoc IOrders
    function expire(bytes32 id) external {
        Order storage order = _orders[id];
        if (order.state != OrderState.Open) _requireState(id, order, OrderState.Awarded);
        if (block.timestamp < order.deadline) revert TooEarly(id, order.deadline - 1);
        if (order.state == OrderState.Open) {
            emit Expired(id, _giveBack(order, OrderState.Expired));
            return;
        }

        uint8 before = order.unsettled;
        for (uint32 index = 0; index < order.assignments; ++index) {
            Work storage work = _works[id][index];
            if (!_isUnattested(work.state)) continue;
            uint64 left = _left(work);
            _credit(order, order.customer, left);
            emit Refunded(id, index, work.provider, left);
            _end(id, order, work, AssignmentState.Refunded);
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

    /// @inheritdoc IOrders
    function bidOf(bytes32 id, address bidder) external view returns (Bid memory) {
        return _bids[id][bidder];
    }

    /// @inheritdoc IOrders
    function atStake(bytes32 id, uint32 index) external view returns (uint64) {
        Work storage work = _works[id][index];
        bool attested = work.state == AssignmentState.Attested || work.state == AssignmentState.Disputed;
        return attested ? _stake(_orders[id], work) : 0;
    }

    /// Write one winner's terms; its progress stays as it is.
    function _assign(bytes32 id, uint32 index, Order storage order, Assignment calldata assignment) private {
        if (!members.holds(assignment.provider, PROVIDER)) revert NotProvider(assignment.provider);
        bool inTime = assignment.due > block.timestamp && assignment.due <= order.deadline;
        bool divides = assignment.milestones != 0 && assignment.milestones <= MAX_MILESTONES;
        bool inspected = assignment.inspection <= order.assignments && assignment.inspection != index + 1;
        if (!inTime || !divides || !inspected) revert BadTerms(id, index);

        Work storage work = _works[id][index];
        work.provider = assignment.provider;
        work.price = assignment.price;
        work.due = assignment.due;
        work.state = AssignmentState.Assigned;
        work.milestones = assignment.milestones;
        work.inspection = assignment.inspection;
        emit Assigned(
            id,
            index,
            assignment.provider,
            assignment.price,
            assignment.units,
            assignment.due,
            assignment.milestones,
            assignment.inspection
        );
    }

    function _enter(Work storage work, AssignmentState state) private {
        work.state = state;
        work.since = uint40(block.timestamp);
    }

    /// After a paid milestone: the next one, or the end.
    function _goOn(bytes32 id, Order storage order, Work storage work) private {
        if (work.approved == work.milestones) _end(id, order, work, AssignmentState.Approved);
        else _enter(work, AssignmentState.Accepted);
    }

    function _end(bytes32 id, Order storage order, Work storage work, AssignmentState state) private {
        _enter(work, state);
        order.unsettled -= 1;
        if (order.unsettled != 0) return;
        order.state = OrderState.Settled;
        emit Settled(id);
    }

    /// Credit `gross` to the provider, less the fee, which is the treasury's.
    function _pay(Order storage order, Work storage work, uint64 gross) private returns (uint64 fee) {
        fee = uint64(uint256(gross) * order.feeBps / WHOLE_BPS);
        _credit(order, work.provider, gross - fee);
        _credit(order, treasury, fee);
    }

    function _giveBack(Order storage order, OrderState state) private returns (uint64 refunded) {
        refunded = order.locked;
        order.state = state;
        _credit(order, order.customer, refunded);
    }

    function _credit(Order storage order, address account, uint64 amount) private {
        order.locked -= amount;
        _release(account, amount);
    }

    function _endBid(bytes32 id, address bidder, BidState state, address beneficiary) private {
        _bids[id][bidder].state = state;
        _release(beneficiary, _orders[id].bidBond);
    }

    function _requireReplaceable(bytes32 id, uint32 index, Order storage order, Work storage work) private view {
        if (work.state == AssignmentState.Declined) return;
        uint40 last = work.due;
        if (work.state != AssignmentState.Accepted) {
            _requireState(id, index, work, AssignmentState.Assigned);
            last = (work.round == 0 ? order.awardedAt : work.since) + order.reviewSeconds;
        }
        if (block.timestamp <= last) revert TooEarly(id, last);
    }

    function _requireState(bytes32 id, Order storage order, OrderState wanted) private view {
        if (order.state != wanted) revert WrongOrderState(id, order.state);
    }

    function _requireState(bytes32 id, uint32 index, Work storage work, AssignmentState wanted) private view {
        if (work.state != wanted) revert WrongAssignmentState(id, index, work.state);
    }

    function _requireBid(bytes32 id, address bidder, BidState wanted) private view {
        BidState found = _bids[id][bidder].state;
        if (found != wanted) revert WrongBidState(id, bidder, found);
    }

    function _requireCustomer(bytes32 id, Order storage order) private view {
        if (msg.sender != order.customer) revert NotAllowed(id, msg.sender);
    }

    function _requireProvider(bytes32 id, Work storage work) private view {
        if (msg.sender != work.provider) revert NotAllowed(id, msg.sender);
    }

    function _requireTime(bytes32 id, Order storage order) private view {
        if (block.timestamp >= order.deadline) revert DeadlinePassed(id, order.deadline);
    }

    /// What the present milestone pays: its part of the price, less the damages for being late.
    function _stake(Order storage order, Work storage work) private view returns (uint64) {
        uint256 whole = _milestone(work);
        if (work.attestedAt <= work.due) return uint64(whole);
        uint256 daysBegun = (work.attestedAt - work.due + 1 days - 1) / 1 days;
        uint256 bps = daysBegun * order.lateBps;
        return uint64(whole - whole * (bps < WHOLE_BPS ? bps : WHOLE_BPS) / WHOLE_BPS);
    }

    function _milestone(Work storage work) private view returns (uint64) {
        return _paidBy(work, work.approved + 1) - _paidBy(work, work.approved);
    }

    function _left(Work storage work) private view returns (uint64) {
        return work.price - _paidBy(work, work.approved);
    }

    /// What the first `milestones` of the assignment come to; all of them come to the price.
    function _paidBy(Work storage work, uint8 milestones) private view returns (uint64) {
        return uint64(uint256(work.price) * milestones / work.milestones);
    }

    function _isUnattested(AssignmentState state) private pure returns (bool) {
        return state == AssignmentState.Assigned || state == AssignmentState.Accepted
            || state == AssignmentState.Declined;
    }
}
