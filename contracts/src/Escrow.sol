// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {IEscrow} from "./interfaces/IEscrow.sol";

/// @title Tokens in custody: either locked for a cause or owed to an account.
abstract contract Escrow is IEscrow {
    using SafeERC20 for IERC20;

    struct Totals {
        uint64 locked;
        uint64 credited;
    }

    /// @inheritdoc IEscrow
    IERC20 public immutable token;

    /// @inheritdoc IEscrow
    mapping(address account => uint64) public credit;

    /// @inheritdoc IEscrow
    Totals public totals;

    constructor(IERC20 token_) {
        token = token_;
    }

    /// @inheritdoc IEscrow
    function withdraw() external {
        uint64 amount = credit[msg.sender];
        if (amount == 0) return;
        credit[msg.sender] = 0;
        totals.credited -= amount;
        emit Withdrawn(msg.sender, amount);
        token.safeTransfer(msg.sender, amount);
    }

    /// Take `amount` of the caller's tokens; the caller of this has done all its writes, for the token may call back.
    function _lock(uint64 amount) internal {
        totals.locked += amount;
        uint256 before = token.balanceOf(address(this));
        token.safeTransferFrom(msg.sender, address(this), amount);
        uint256 received = token.balanceOf(address(this)) - before;
        if (received != amount) revert ShortTransfer(received, amount);
    }

    /// Owe `amount` of what is locked to `account`.
    function _release(address account, uint64 amount) internal {
        if (amount == 0) return;
        totals.locked -= amount;
        totals.credited += amount;
        credit[account] += amount;
    }
}
