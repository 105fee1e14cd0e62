// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title The rule pack in force.
/// @notice Only the governor, which is the members' timelock, can change it, and only within bounds that nobody can
/// change. Running orders keep the terms that they were opened under.
interface IRules {
    struct Pack {
        /// Rises by one with every adopted pack, from 1.
        uint64 version;
        /// Share of every payment that goes to the treasury, in hundredths of a per cent.
        uint64 feeBps;
        /// Shortest time a call must leave for commitments.
        uint64 minCommitSeconds;
        /// Shortest time a call must leave for opening them.
        uint64 minRevealSeconds;
        /// After this long without an objection a provider may approve its own attested work.
        uint64 reviewSeconds;
        /// After this long an unsettled dispute is split.
        uint64 disputeSeconds;
        /// Highest escrow of one order; 0 stops new orders and touches no running one.
        uint64 maxBudgetCents;
        /// Lowest price of a tonne of CO2 equivalent that a call may weigh with.
        uint64 carbonCentsPerTonne;
    }

    /// @param packHash As `packHash()`.
    event Adopted(uint64 indexed version, bytes32 packHash);

    /// @notice Only the governor adopts.
    error NotGovernor(address caller);

    /// @notice The version after the one in force was expected.
    error WrongVersion(uint64 expected, uint64 found);

    /// @notice A value is outside its hard bounds, both included.
    error OutOfBounds(uint64 value, uint64 least, uint64 most);

    /// @notice Replace the pack in force.
    function adopt(Pack calldata next) external;

    /// @notice The pack in force.
    function pack() external view returns (Pack memory);

    /// @notice SHA-256 of the eight values in declared order, each as a 32-byte big-endian word.
    function packHash() external view returns (bytes32);

    /// @notice The only account that may adopt.
    function governor() external view returns (address);
}
