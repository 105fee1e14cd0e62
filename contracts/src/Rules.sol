// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IVotes} from "@openzeppelin/contracts/governance/utils/IVotes.sol";
import {IRules} from "./interfaces/IRules.sol";

/// @title The rule pack in force, the one under notice, and the members' brake.
contract Rules is IRules {
    uint64 private constant MAX_FEE_BPS = 1000;
    uint64 private constant MAX_WINDOW = 90 days;
    /// Eighteen million orders of this size still fit into the 64 bits in which `Orders` counts.
    uint64 private constant MAX_BUDGET_CENTS = 1e12;
    uint64 private constant MAX_BOND_CENTS = 1e8;
    uint64 private constant MAX_CARBON_CENTS = 1e7;
    uint64 private constant MAX_HOUR_CENTS = 1e9;
    uint64 private constant MAX_NOTICE = 30 days;
    uint64 private constant MAX_PREMIUM_BPS = 5000;

    /// @inheritdoc IRules
    uint64 public constant PAUSE = 7 days;

    /// @inheritdoc IRules
    uint64 public constant REST = 30 days;

    /// @inheritdoc IRules
    uint64 public constant PAUSE_SHARE_BPS = 2000;

    /// @inheritdoc IRules
    address public immutable governor;

    /// @inheritdoc IRules
    IVotes public immutable votes;

    /// @inheritdoc IRules
    uint64 public effective;

    /// @inheritdoc IRules
    uint64 public pausedUntil;

    /// Start of the call for a pause that is being joined.
    uint48 private _called;
    uint256 private _weight;
    mapping(address member => uint48 called) private _joined;

    Pack private _former;
    Pack private _latest;

    constructor(address governor_, IVotes votes_, Pack memory first) {
        governor = governor_;
        votes = votes_;
        _check(first, 1);
        _latest = first;
        effective = uint64(block.timestamp);
        emit Adopted(1, _hash(first), effective);
    }

    /// @inheritdoc IRules
    function adopt(Pack calldata next) external {
        if (msg.sender != governor) revert NotGovernor(msg.sender);
        if (block.timestamp < effective) revert UnderNotice(_latest.version, effective);
        _check(next, _latest.version + 1);

        uint64 from = uint64(block.timestamp) + _latest.noticeSeconds;
        _former = _latest;
        _latest = next;
        effective = from;
        emit Adopted(next.version, _hash(next), from);
    }

    /// @inheritdoc IRules
    function callPause() external {
        if (pausedUntil != 0 && block.timestamp < pausedUntil + REST) revert Resting(pausedUntil + REST);
        if (_called == 0 || block.timestamp > _called + PAUSE) {
            _called = uint48(block.timestamp);
            _weight = 0;
        }
        if (_joined[msg.sender] == _called) revert AlreadyJoined(msg.sender);
        uint256 weight = votes.getPastVotes(msg.sender, _called - 1);
        if (weight == 0) revert NoVotes(msg.sender);
        _joined[msg.sender] = _called;
        _weight += weight;
        uint256 needed = (votes.getPastTotalSupply(_called - 1) * PAUSE_SHARE_BPS + 9999) / 10_000;
        emit PauseCalled(msg.sender, weight, _weight, needed);
        if (_weight >= needed) {
            _called = 0;
            pausedUntil = uint64(block.timestamp) + PAUSE;
            emit Paused(pausedUntil);
        }
    }

    /// @inheritdoc IRules
    function pack() public view returns (Pack memory) {
        return block.timestamp < effective ? _former : _latest;
    }

    /// @inheritdoc IRules
    function latest() external view returns (Pack memory) {
        return _latest;
    }

    /// @inheritdoc IRules
    function packHash() external view returns (bytes32) {
        return _hash(pack());
    }

    function _check(Pack memory next, uint64 version) private pure {
        if (next.version != version) revert WrongVersion(version, next.version);
        _bound(next.feeBps, 0, MAX_FEE_BPS);
        _bound(next.minCommitSeconds, 1, MAX_WINDOW);
        _bound(next.minRevealSeconds, 1, MAX_WINDOW);
        _bound(next.reviewSeconds, 1, MAX_WINDOW);
        _bound(next.disputeSeconds, 1, MAX_WINDOW);
        _bound(next.maxBudgetCents, 0, MAX_BUDGET_CENTS);
        _bound(next.carbonCentsPerTonne, 0, MAX_CARBON_CENTS);
        _bound(next.maxHourCents, 0, MAX_HOUR_CENTS);
        _bound(next.bidBondCents, 0, MAX_BOND_CENTS);
        _bound(next.disputeFeeCents, 0, MAX_BOND_CENTS);
        _bound(next.noticeSeconds, 0, MAX_NOTICE);
        _bound(next.premiumBps, 0, MAX_PREMIUM_BPS);
    }

    function _hash(Pack memory hashed) private pure returns (bytes32) {
        return sha256(abi.encode(hashed));
    }

    function _bound(uint64 value, uint64 least, uint64 most) private pure {
        if (value < least || value > most) revert OutOfBounds(value, least, most);
    }
}
