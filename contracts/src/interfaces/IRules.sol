// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IVotes} from "@openzeppelin/contracts/governance/utils/IVotes.sol";

/// @title The rule pack in force, the one under notice, and the members' brake.
/// @notice Only the governor, which is the members' timelock, can change the pack, only within bounds that nobody can
/// change, and only after the notice that the pack before it promises. Running orders keep the terms that they were
/// opened under.
///
/// A fifth of all votes pauses new orders at once, for a week and no longer, and then not again for a month; whatever
/// is open, awarded, disputed or owed goes on all the while.
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
        /// Highest price of an hour that a call may weigh with.
        uint64 maxHourCents;
        /// What a provider stakes on opening its sealed bid.
        uint64 bidBondCents;
        /// What the one who asks for a ruling advances.
        uint64 disputeFeeCents;
        /// How long the next pack is announced before it is in force.
        uint64 noticeSeconds;
        /// Processes that may be called for: bit n stands for the n-th of the process tree.
        uint64 processes;
        /// Most that a call may offer to pay above the bids, of these, in hundredths of a per cent; 0: pay-as-bid only.
        uint64 premiumBps;
    }

    /// @param packHash SHA-256 of the pack's values in declared order, each as a 32-byte big-endian word.
    /// @param effective From when the pack is in force.
    event Adopted(uint64 indexed version, bytes32 packHash, uint64 effective);

    /// @param weight Votes of `member`.
    /// @param joined Votes of all who called for this pause so far.
    /// @param needed Votes that bring it about.
    event PauseCalled(address indexed member, uint256 weight, uint256 joined, uint256 needed);

    /// @notice New orders are refused until `until`.
    event Paused(uint64 until);

    /// @notice Only the governor adopts.
    error NotGovernor(address caller);

    /// @notice The version after the one in force was expected.
    error WrongVersion(uint64 expected, uint64 found);

    /// @notice A value is outside its hard bounds, both included.
    error OutOfBounds(uint64 value, uint64 least, uint64 most);

    /// @notice A pack is announced already and not yet in force.
    error UnderNotice(uint64 version, uint64 effective);

    /// @notice There was a pause lately.
    error Resting(uint64 until);

    /// @notice One member, one voice in one call for a pause.
    error AlreadyJoined(address member);

    /// @notice The caller had no votes when the call for a pause began.
    error NoVotes(address caller);

    /// @notice Announce the pack that replaces the one in force.
    function adopt(Pack calldata next) external;

    /// @notice Call for a pause of new orders, or join a call of the last week, with the votes held before it began.
    function callPause() external;

    /// @notice The pack in force.
    function pack() external view returns (Pack memory);

    /// @notice SHA-256 of the pack in force: its values in declared order, each as a 32-byte big-endian word.
    function packHash() external view returns (bytes32);

    /// @notice The pack adopted last, which is in force from `effective()` on.
    function latest() external view returns (Pack memory);

    /// @notice From when `latest()` is in force, in Unix seconds.
    function effective() external view returns (uint64);

    /// @notice New orders are refused before this moment.
    function pausedUntil() external view returns (uint64);

    /// @notice How long a pause lasts, and a call for one can be joined.
    // solhint-disable-next-line func-name-mixedcase
    function PAUSE() external view returns (uint64);

    /// @notice How long after a pause there is none.
    // solhint-disable-next-line func-name-mixedcase
    function REST() external view returns (uint64);

    /// @notice Share of all votes that brings a pause about, in hundredths of a per cent.
    // solhint-disable-next-line func-name-mixedcase
    function PAUSE_SHARE_BPS() external view returns (uint64);

    /// @notice Where votes are counted.
    function votes() external view returns (IVotes);

    /// @notice The only account that may adopt.
    function governor() external view returns (address);
}
