// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {Escrow} from "./Escrow.sol";
import {IEscrow} from "./interfaces/IEscrow.sol";
import {ITreasury} from "./interfaces/ITreasury.sol";

/// @title The commons fund.
contract Treasury is ITreasury, Escrow {
    /// @inheritdoc ITreasury
    address public immutable governor;

    constructor(IERC20 token_, address governor_) Escrow(token_) {
        governor = governor_;
    }

    /// @inheritdoc ITreasury
    function collect(IEscrow source) external {
        source.withdraw();
        uint64 held = totals.locked + totals.credited;
        uint64 received = uint64(Math.min(token.balanceOf(address(this)) - held, type(uint64).max - held));
        totals.locked += received;
        emit Collected(address(source), received, totals.locked);
    }

    /// @inheritdoc ITreasury
    function share(Share[] calldata shares, bytes32 reason) external {
        if (msg.sender != governor) revert NotGovernor(msg.sender);
        for (uint256 index = 0; index < shares.length; ++index) {
            if (shares[index].amount > totals.locked) revert Insufficient(totals.locked, shares[index].amount);
            _release(shares[index].account, shares[index].amount);
            emit Shared(shares[index].account, shares[index].amount, reason);
        }
    }
}
