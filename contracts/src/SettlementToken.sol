// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @title A token to settle test federations in; any ERC-20 with two decimals can stand in its place.
/// @notice The whole supply is minted to the deployer once; nobody can mint, burn, pause or freeze afterwards.
contract SettlementToken is ERC20 {
    /// @param supply Units, each a hundredth of a credit.
    constructor(uint256 supply) ERC20("Guild Credit", "GLD") {
        _mint(msg.sender, supply);
    }

    /// @notice Two, so that one unit is one cent.
    function decimals() public pure override returns (uint8) {
        return 2;
    }
}
