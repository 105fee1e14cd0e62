// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title What of Foundry's cheats these tests use.
interface Cheats {
    function warp(uint256 moment) external;
    function prank(address sender) external;
    function assume(bool claim) external pure;
    function computeCreateAddress(address deployer, uint256 nonce) external pure returns (address);
    function getNonce(address account) external view returns (uint64);
}

/// @dev Foundry answers at this address.
Cheats constant VM = Cheats(address(uint160(uint256(keccak256("hevm cheat code")))));

function bound(uint256 value, uint256 least, uint256 most) pure returns (uint256) {
    return least + value % (most - least + 1);
}
