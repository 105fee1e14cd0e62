// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Which account speaks for which peer, and in which roles.
/// @notice Everybody registers itself. The chain cannot check an Ed25519 key, so a registration alone does not prove
/// that the account holds the peer's key: whoever pays a peer also asks for the account under the peer's signature.
interface IMembers {
    /// @param roles Sum of provider = 1, customer = 2, auditor = 4 and steward = 8; 0 for a member that has left.
    /// @param epoch Rises by one with each registration of the account, from 1.
    event Registered(
        address indexed account, bytes32 indexed peer, bytes32 encryptionKey, uint8 roles, uint64 epoch
    );

    /// @notice A bit is set that names no role.
    error UnknownRoles(uint8 roles);

    /// @notice The zero peer is nobody's.
    error ZeroPeer();

    /// @notice Another account speaks for this peer.
    error PeerTaken(bytes32 peer, address account);

    /// @notice Enter the caller, or replace its entry: a new peer frees the old one, and the epoch rises.
    /// @param peer Ed25519 public key.
    /// @param encryptionKey X25519 public key.
    function register(uint8 roles, bytes32 peer, bytes32 encryptionKey) external;

    /// @notice The entry of `account`; all zero if it never registered.
    function memberOf(address account)
        external
        view
        returns (bytes32 peer, bytes32 encryptionKey, uint8 roles, uint64 epoch);

    /// @notice The account that speaks for `peer`, or zero.
    function accountOf(bytes32 peer) external view returns (address account);
}
