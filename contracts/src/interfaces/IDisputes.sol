// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEscrow} from "./IEscrow.sol";
import {IMembers} from "./IMembers.sol";
import {IOrders} from "./IOrders.sol";

/// @title How a disputed milestone is decided, and by when.
/// @notice A case is one disputed milestone; its window is the order's dispute window from the objection on, cut into
/// quarters. It ends in the first of these ways:
///
///   settled    at any time: what the customer offers meets what the provider asks; either can give in alone
///   measured   at any time: the agreed inspector signed (EIP-712) whether the milestone conforms
///   judged     summoned in the first quarter, drawn in the second, votes sealed until the end of the third and opened
///              in the fourth: the middle of three votes, the mean of two
///   lapsed     after the window, with fewer than two votes: half each, the odd cent the customer's
///
/// A vote is the provider's share of what is at stake. Fees: who summons the panel advances the fee that the
/// order was opened under; the panel's loser, that is who got less than half, bears it as far as the stake reaches. Each juror
/// who opened its vote earns a third; what no juror earned goes back. A juror who was drawn and did not vote loses a
/// tenth of the minimum bond to the treasury, a provider whom a panel gives nothing a tenth of the stake to the
/// customer, and an inspector who signed both verdicts on one milestone the minimum bond to the treasury.
///
/// The draw follows from the hash of a block after the summons. Whoever makes that block could withhold it and try
/// another: a bias of one draw, at the price of a block.
interface IDisputes is IEscrow {
    enum Outcome {
        None,
        Settled,
        Measured,
        Judged,
        Lapsed
    }

    struct Juror {
        address account;
        /// Set once the vote is open.
        bool opened;
        uint16 shareBps;
        bytes32 seal;
    }

    struct Case {
        Outcome outcome;
        /// The customer's offer, as the provider's share.
        uint16 offeredBps;
        /// What the provider has let go of; it asks for the rest.
        uint16 concededBps;
        address summoner;
        uint64 fee;
        /// The block whose hash draws the panel; zero before the summons.
        uint48 drawBlock;
        /// Those who were drawn; empty before the draw.
        Juror[] panel;
    }

    /// @notice An inspector's signed verdict on one milestone (counted from zero) of one round of an assignment.
    struct Inspection {
        bytes32 order;
        uint32 index;
        uint8 round;
        uint8 milestone;
        /// Digest of the measured results.
        bytes32 evidence;
        bool conforms;
    }

    event Proposed(bytes32 indexed order, uint32 indexed index, address indexed by, uint16 shareBps);

    event Summoned(bytes32 indexed order, uint32 indexed index, address indexed by, uint64 fee, uint48 drawBlock);

    event Drawn(bytes32 indexed order, uint32 indexed index, address[] panel);

    event VoteSealed(bytes32 indexed order, uint32 indexed index, address indexed juror);

    event VoteOpened(bytes32 indexed order, uint32 indexed index, address indexed juror, uint16 shareBps);

    /// @param toProvider Before the order's fee.
    event Decided(bytes32 indexed order, uint32 indexed index, Outcome outcome, uint64 toProvider, uint64 stake);

    /// @notice The inspection that decided; `evidence` is what it signed.
    event Measured(
        bytes32 indexed order, uint32 indexed index, address indexed inspector, bytes32 evidence, bool conforms
    );

    event Equivocated(bytes32 indexed order, uint32 indexed index, address indexed inspector);

    /// @notice No milestone of this assignment is disputed.
    error NotDisputed(bytes32 order, uint32 index);

    /// @notice Neither the customer nor the provider.
    error NotParty(address caller);

    error NotJuror(address caller);

    error BadShare(uint16 shareBps);

    /// @notice No inspector was agreed, or another has its place since.
    error NoInspector(bytes32 order, uint32 index);

    /// @notice Not signed by the inspector.
    error BadSignature(address inspector);

    /// @notice The two verdicts are about different milestones, or the same verdict.
    error NoContradiction();

    error AlreadySummoned();
    error NotSummoned();
    error AlreadyDrawn();
    error NotDrawn();

    /// @notice Fewer than three auditors could be drawn who are no party; the case will lapse.
    error NoPanel();

    /// @notice A vote is sealed once and opened once.
    error AlreadyVoted(address juror);

    /// @notice Share and salt do not give the seal.
    error WrongOpening(bytes32 seal);

    /// @notice Not after `last`.
    error TooLate(uint256 last);

    /// @notice Not before the time, or block number, is past `last`.
    error TooEarly(uint256 last);

    /// @notice A party says what share of the stake the provider should have; the case ends where the two meet.
    function propose(bytes32 order, uint32 index, uint16 shareBps) external;

    /// @notice Anyone shows the agreed inspector's signed verdict, or it says so itself; it decides.
    function measure(Inspection calldata inspection, bytes calldata signature) external;

    /// @notice A party asks for a panel and advances its fee from its tokens, which it has approved.
    function summon(bytes32 order, uint32 index) external;

    /// @notice Anyone draws the panel once the drawing block is past; a hash that is too old is replaced by a new one.
    function draw(bytes32 order, uint32 index) external;

    /// @notice A juror binds itself to a vote: SHA-256("guildmark/vote/1", chain id (32 bytes), this contract, order,
    /// index (4 bytes), round (1 byte), milestone (1 byte), juror, share (2 bytes), salt).
    function vote(bytes32 order, uint32 index, bytes32 seal) external;

    /// @notice A juror opens its vote, in the last quarter or once all have voted.
    function openVote(bytes32 order, uint32 index, uint16 shareBps, bytes32 salt) external;

    /// @notice Anyone ends a case whose votes are all open, or whose window is over.
    function close(bytes32 order, uint32 index) external;

    /// @notice Anyone proves with two signatures that an inspector contradicted itself.
    function convict(
        address inspector,
        Inspection calldata one,
        bytes calldata signatureOfOne,
        Inspection calldata other,
        bytes calldata signatureOfOther
    ) external;

    /// @notice The case of a milestone (counted from zero); all zero if nobody moved in it.
    function caseOf(bytes32 order, uint32 index, uint8 round, uint8 milestone) external view returns (Case memory);

    /// @notice What an inspector signs.
    function digestOf(Inspection calldata inspection) external view returns (bytes32);

    function orders() external view returns (IOrders);

    function members() external view returns (IMembers);
}
