// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRules} from "./interfaces/IRules.sol";

/// @title The rule pack in force.
contract Rules is IRules {
    uint64 private constant MAX_FEE_BPS = 1000;
    uint64 private constant MAX_WINDOW = 90 days;
    /// Eighteen million orders of this size still fit into the 64 bits in which `Orders` counts.
    uint64 private constant MAX_BUDGET_CENTS = 1e12;
    uint64 private constant MAX_CARBON_CENTS = 1e7;

    /// @inheritdoc IRules
    address public immutable governor;

    /// @inheritdoc IRules
    bytes32 public packHash;

    Pack private _pack;

    constructor(address governor_, Pack memory first) {
        governor = governor_;
        _adopt(first);
    }

    /// @inheritdoc IRules
    function adopt(Pack calldata next) external {
        if (msg.sender != governor) revert NotGovernor(msg.sender);
        _adopt(next);
    }

    /// @inheritdoc IRules
    function pack() external view returns (Pack memory) {
        return _pack;
    }

    function _adopt(Pack memory next) private {
        if (next.version != _pack.version + 1) revert WrongVersion(_pack.version + 1, next.version);
        _bound(next.feeBps, 0, MAX_FEE_BPS);
        _bound(next.minCommitSeconds, 1, MAX_WINDOW);
        _bound(next.minRevealSeconds, 1, MAX_WINDOW);
        _bound(next.reviewSeconds, 1, MAX_WINDOW);
        _bound(next.disputeSeconds, 1, MAX_WINDOW);
        _bound(next.maxBudgetCents, 0, MAX_BUDGET_CENTS);
        _bound(next.carbonCentsPerTonne, 0, MAX_CARBON_CENTS);

        _pack = next;
        packHash = sha256(abi.encode(next));
        emit Adopted(next.version, packHash);
    }

    function _bound(uint64 value, uint64 least, uint64 most) private pure {
        if (value < least || value > most) revert OutOfBounds(value, least, most);
    }
}
