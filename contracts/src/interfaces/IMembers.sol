// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEscrow} from "./IEscrow.sol";

/// @title Who belongs to the federation: which account speaks for which peer, in which roles, and with what at stake.
/// @notice Everybody registers itself. The chain cannot check an Ed25519 key, so a registration alone does not prove
/// that the account holds the peer's key: whoever pays a peer also asks for the account under the peer's signature.
///
/// Voting power (ERC-5805 with timestamps, ERC-6372) is the bond of a registered member up to a cap; it follows every
/// change of the bond and cannot be transferred. A new member votes for itself until it delegates.
interface IMembers is IEscrow {
    struct Member {
        /// Ed25519 public key; zero for an account that is no member.
        bytes32 peer;
        /// X25519 public key.
        bytes32 encryptionKey;
        /// Sum of provider = 1, customer = 2, auditor = 4 and steward = 8.
        uint8 roles;
        /// Rises by one with each registration and revocation of the account, from 1.
        uint64 epoch;
        /// Last second in which the keys are good and the roles are held.
        uint64 expiry;
        uint64 bond;
        /// On its way out, and still liable.
        uint64 unbonding;
        /// When what is on its way out may leave.
        uint64 due;
    }

    event Registered(
        address indexed account,
        bytes32 indexed peer,
        bytes32 encryptionKey,
        uint8 roles,
        uint64 epoch,
        uint64 expiry
    );

    /// @notice The member left, or withdrew keys that it no longer trusts.
    event Revoked(address indexed account, bytes32 indexed peer, uint64 epoch);

    /// @param bond All that `account` has bonded now.
    event Bonded(address indexed account, uint64 amount, uint64 bond);

    event Unbonding(address indexed account, uint64 amount, uint64 due);

    event Unbonded(address indexed account, uint64 amount);

    event Slashed(address indexed account, bytes32 indexed evidence, address indexed beneficiary, uint64 amount);

    /// @notice No role, or a bit that names none.
    error UnknownRoles(uint8 roles);

    /// @notice The zero peer is nobody's, and nothing can be sealed to the zero key.
    error ZeroKey();

    /// @notice A binding ends ahead, and within two years.
    error BadExpiry(uint64 expiry);

    /// @notice Another account speaks for this peer.
    error PeerTaken(bytes32 peer, address account);

    error NotMember(address account);

    /// @notice Providers and auditors have the minimum at stake as long as they are registered.
    error BondTooLow(uint64 bond, uint64 required);

    /// @notice Nothing was asked for, or more than there is.
    error BadAmount(uint64 amount, uint64 available);

    /// @notice The bond may still be needed until then.
    error StillBound(uint64 due);

    error NotCourt(address caller);

    /// @notice One evidence, one punishment.
    error AlreadyPunished(bytes32 evidence);

    /// @notice Enter the caller, or rotate its keys and roles: a new peer frees the old one, and the epoch rises.
    function register(uint8 roles, bytes32 peer, bytes32 encryptionKey, uint64 expiry) external;

    /// @notice End the caller's registration; its bond stays and may then be unbonded whole.
    function revoke() external;

    /// @notice Put `amount` of the caller's tokens, which it has approved, at stake.
    function bond(uint64 amount) external;

    /// @notice Begin to take `amount` out; asking for more later starts the time again for all that is on its way.
    function unbond(uint64 amount) external;

    /// @notice Turn what has been on its way long enough into credit.
    function release() external;

    /// @notice The court takes up to `amount` from the bond, then from what is on its way out, as credit for
    /// `beneficiary`.
    function slash(address account, uint64 amount, bytes32 evidence, address beneficiary) external;

    /// @notice The entry of `account`; without a registration its keys are zero.
    function memberOf(address account) external view returns (Member memory);

    /// @notice The account that speaks for `peer`, or zero.
    function accountOf(bytes32 peer) external view returns (address account);

    /// @notice Whether `account` may act in `role` now: registered for it, not expired, and sufficiently bonded.
    function holds(address account, uint8 role) external view returns (bool);

    /// @notice How many accounts are registered as auditors, expired ones included.
    function auditorCount() external view returns (uint256);

    /// @notice One of them; the order changes when one leaves.
    function auditorAt(uint256 index) external view returns (address);

    /// @notice Whether this evidence has been punished.
    function punished(bytes32 evidence) external view returns (bool);

    /// @notice What a provider or auditor has at stake at least.
    function minimumBond() external view returns (uint64);

    /// @notice The bond above which voting power does not grow.
    function voteCap() external view returns (uint64);

    /// @notice The only contract that may slash.
    function court() external view returns (address);
}
