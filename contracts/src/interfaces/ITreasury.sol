// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEscrow} from "./IEscrow.sol";

/// @title The commons fund: what fees bring in belongs to all members until they decide otherwise.
/// @notice `totals().locked` is what they may still decide about; what a proposal shares out is `credit` of whom it
/// names, who withdraws it like any other credit.
interface ITreasury is IEscrow {
    struct Share {
        address account;
        uint64 amount;
    }

    /// @param amount What arrived: credit withdrawn from `source`, and tokens that were sent here unasked.
    /// @param fund All that the members may decide about now.
    event Collected(address indexed source, uint64 amount, uint64 fund);

    event Shared(address indexed account, uint64 amount, bytes32 indexed reason);

    /// @notice Only the governor, which is the members' timelock, shares out.
    error NotGovernor(address caller);

    /// @notice More than the fund holds.
    error Insufficient(uint64 fund, uint64 asked);

    /// @notice Withdraw this fund's credit from `source`, such as the orders' fees; anybody may ask for it.
    function collect(IEscrow source) external;

    /// @notice Give shares of the fund to contributors.
    /// @param reason Hash of the text that says why.
    function share(Share[] calldata shares, bytes32 reason) external;

    /// @notice The only account that may share out.
    function governor() external view returns (address);
}
