// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title What each publisher has anchored, in one rolling hash.
/// @notice Roots live in the log; the head proves that none of them was left out, added or moved.
interface IProvenance {
    /// @param subject What the records are about, such as an order.
    /// @param root RFC 9162 root over `count` records.
    /// @param head The publisher's head after this anchor.
    event Anchored(
        address indexed publisher, bytes32 indexed subject, bytes32 root, uint64 count, bytes32 head
    );

    /// @notice An anchor is over at least one record.
    error NoRecords();

    /// @notice Append a root to the caller's history: head becomes SHA-256(head, subject, root, count (8 bytes)).
    function anchor(bytes32 subject, bytes32 root, uint64 count) external;

    /// @notice The head of `publisher` and how many records stand under it; zero before the first anchor.
    function headOf(address publisher) external view returns (bytes32 head, uint64 count);

    /// @notice Whether a leaf stands at `index` of the tree of `size` leaves (RFC 9162 section 2.1.3.2).
    /// @param leafHash SHA-256(0x00, record).
    /// @param proof From the leaf's sibling up.
    function verify(bytes32 root, bytes32 leafHash, uint64 index, uint64 size, bytes32[] calldata proof)
        external
        pure
        returns (bool);
}
