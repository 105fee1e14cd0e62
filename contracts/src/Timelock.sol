// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";

/// @title The only account that may change the rules or spend from the treasury.
/// @notice OpenZeppelin's timelock with nobody above it from its first block on: proposer, executor and canceller is
/// the governor alone, and only the timelock itself could grant a role.
contract Timelock is TimelockController {
    constructor(uint256 minDelay, address[] memory governor)
        TimelockController(minDelay, governor, governor, address(0))
    {}
}
