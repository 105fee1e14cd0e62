// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @title Tokens in custody: either locked for a cause or owed to an account.
/// @notice What is owed is withdrawn by whom it is owed to, so an account that cannot be paid holds up nobody else.
interface IEscrow {
    event Withdrawn(address indexed account, uint64 amount);

    /// @notice Another amount arrived than was asked for, as with a token that keeps a share of each transfer.
    error ShortTransfer(uint256 received, uint64 asked);

    /// @notice Send the caller its whole credit; nothing happens when there is none.
    function withdraw() external;

    /// @notice What `account` may withdraw.
    function credit(address account) external view returns (uint64);

    /// @notice All that is locked and all that is owed: together never more than the tokens held here.
    function totals() external view returns (uint64 locked, uint64 credited);

    /// @notice The settlement token; its unit is a cent.
    function token() external view returns (IERC20);
}
