// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Sealed designs, and how many parts who may make from them.
/// @notice A commitment is kept per owner, so copying one from a pending transaction blocks nobody; and it binds chain,
/// contract and owner, so a copy can never be opened. The chain caps certified parts: a part without a serial is one
/// that the owner did not license.
interface IDesigns {
    struct Licence {
        address owner;
        uint32 maxUnits;
        /// Parts recorded so far; their numbers are 1 to `made`.
        uint32 made;
        bool revoked;
        address licensee;
        /// Last second in which parts may be recorded.
        uint64 expiry;
        bytes32 commitment;
        /// Which package of the design the licensee works from.
        bytes32 package;
    }

    event Sealed(address indexed owner, bytes32 indexed commitment);

    event Opened(address indexed owner, bytes32 indexed commitment, bytes32 root);

    event Licensed(
        bytes32 indexed licence,
        address indexed owner,
        address indexed licensee,
        bytes32 commitment,
        bytes32 package,
        uint32 maxUnits,
        uint64 expiry
    );

    event Revoked(bytes32 indexed licence);

    /// @notice The parts numbered `first` to `last`, both included, were made.
    event Recorded(bytes32 indexed licence, uint32 first, uint32 last, bytes32 evidence);

    /// @notice The caller sealed this already; its time stands.
    error AlreadySealed(bytes32 commitment);

    /// @notice The caller has not sealed this.
    error NotSealed(bytes32 commitment);

    /// @notice The caller opened this already.
    error AlreadyOpened(bytes32 commitment);

    /// @notice Root and nonce do not give the commitment.
    error WrongOpening(bytes32 commitment);

    /// @notice One licence per owner, commitment, package and licensee.
    error AlreadyLicensed(bytes32 licence);

    /// @notice A licence is for at least one part, and a record too.
    error NoUnits();

    /// @notice The licence ended, or would end before it begins.
    error Expired(bytes32 licence, uint64 expiry);

    /// @notice Only the owner revokes, and only a licence that exists.
    error NotOwner(bytes32 licence, address caller);

    /// @notice Only the licensee records, and only under a licence that exists.
    error NotLicensee(bytes32 licence, address caller);

    /// @notice The owner has withdrawn the licence.
    error LicenceRevoked(bytes32 licence);

    /// @notice Parts without records are not certified.
    error NoEvidence();

    /// @notice More parts than the licence has left.
    error OverLicence(bytes32 licence, uint32 left, uint32 units);

    /// @notice No part of this number was recorded.
    error NotMade(bytes32 licence, uint32 number);

    /// @notice Prove that the caller held a design now, without showing it.
    /// @param commitment SHA-256("guildmark/design/1", chain id (32 bytes), this contract, owner, root, nonce).
    function seal(bytes32 commitment) external;

    /// @notice Disclose the root of the caller's sealed design, once.
    function open(bytes32 commitment, bytes32 root, bytes32 nonce) external;

    /// @notice Allow `licensee` to make up to `maxUnits` parts from one package of the caller's sealed design.
    /// @return licence SHA-256("guildmark/licence/1", chain id (32 bytes), this contract, owner, commitment, package,
    /// licensee).
    function license(bytes32 commitment, bytes32 package, address licensee, uint32 maxUnits, uint64 expiry)
        external
        returns (bytes32 licence);

    /// @notice End a licence; the parts recorded so far keep their serials.
    function revoke(bytes32 licence) external;

    /// @notice Certify the next `units` parts.
    /// @param evidence Root over the records of how they were made.
    function record(bytes32 licence, uint32 units, bytes32 evidence) external;

    /// @notice SHA-256("guildmark/serial/1", licence, number (4 bytes)) of a recorded part.
    function serial(bytes32 licence, uint32 number) external view returns (bytes32);

    /// @notice Block time at which `owner` sealed `commitment`, or zero.
    function sealedAt(address owner, bytes32 commitment) external view returns (uint64);

    /// @notice The root that `owner` disclosed, or zero.
    function rootOf(address owner, bytes32 commitment) external view returns (bytes32);

    /// @notice Whether a package is the one at `index` of the design that `owner` opened; false while it is not opened.
    /// @param leafHash SHA-256(0x00, encoded package leaf).
    /// @param proof From the leaf's sibling up (RFC 9162).
    function contains(
        address owner,
        bytes32 commitment,
        bytes32 leafHash,
        uint64 index,
        uint64 size,
        bytes32[] calldata proof
    ) external view returns (bool);

    /// @notice The licence; all zero if there is none.
    function licenceOf(bytes32 licence) external view returns (Licence memory);
}
