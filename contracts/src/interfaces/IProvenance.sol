// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title What each publisher has anchored, in one rolling hash.
/// @notice Roots live in the log; the head proves that none of them was left out, added or moved.
interface IProvenance {
    /// @param root RFC 9162 root of a log that has grown by `count` records; each names its order, the anchor need not.
    event Anchored(address indexed publisher, bytes32 indexed root, uint64 count);

    /// @notice An anchor is over at least one record, and no root is zero.
    error NoRecords();

    /// @notice Append a root to the caller's history: head becomes the first 24 bytes of SHA-256(head (24 bytes),
    /// records so far (8 bytes), root, count (8 bytes)).
    function anchor(bytes32 root, uint64 count) external;

    /// @notice The head of `publisher` and how many records stand under it; zero before the first anchor.
    function headOf(address publisher) external view returns (bytes24 head, uint64 count);

    /// @notice Whether a leaf stands at `index` of the tree of `size` leaves (RFC 9162 section 2.1.3.2).
    /// @param leafHash SHA-256(0x00, record).
    /// @param proof From the leaf's sibling up.
    function verify(bytes32 root, bytes32 leafHash, uint64 index, uint64 size, bytes32[] calldata proof)
        external
        pure
        returns (bool);
}
