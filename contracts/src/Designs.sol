// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDesigns} from "./interfaces/IDesigns.sol";
import {MerkleTree} from "./libraries/MerkleTree.sol";

/// @title Sealed designs, and how many parts who may make from them.
contract Designs is IDesigns {
    /// @inheritdoc IDesigns
    mapping(address owner => mapping(bytes32 commitment => uint64)) public sealedAt;

    /// @inheritdoc IDesigns
    mapping(address owner => mapping(bytes32 commitment => bytes32)) public rootOf;

    mapping(bytes32 id => Licence) private _licences;

    /// @inheritdoc IDesigns
    function seal(bytes32 commitment) external {
        if (sealedAt[msg.sender][commitment] != 0) revert AlreadySealed(commitment);
        sealedAt[msg.sender][commitment] = uint64(block.timestamp);
        emit Sealed(msg.sender, commitment);
    }

    /// @inheritdoc IDesigns
    function open(bytes32 commitment, bytes32 root, bytes32 nonce) external {
        if (sealedAt[msg.sender][commitment] == 0) revert NotSealed(commitment);
        if (rootOf[msg.sender][commitment] != 0) revert AlreadyOpened(commitment);
        if (root == 0) revert WrongOpening(commitment);
        bytes memory preimage =
            abi.encodePacked("guildmark/design/1", block.chainid, address(this), msg.sender, root, nonce);
        if (sha256(preimage) != commitment) revert WrongOpening(commitment);
        rootOf[msg.sender][commitment] = root;
        emit Opened(msg.sender, commitment, root);
    }

    /// @inheritdoc IDesigns
    function license(bytes32 commitment, bytes32 package, address licensee, uint32 maxUnits, uint64 expiry)
        external
        returns (bytes32 licence)
    {
        if (sealedAt[msg.sender][commitment] == 0) revert NotSealed(commitment);
        licence = sha256(
            abi.encodePacked(
                "guildmark/licence/1", block.chainid, address(this), msg.sender, commitment, package, licensee
            )
        );
        if (_licences[licence].owner != address(0)) revert AlreadyLicensed(licence);
        if (maxUnits == 0) revert NoUnits();
        if (expiry < block.timestamp) revert Expired(licence, expiry);

        _licences[licence] = Licence(msg.sender, maxUnits, 0, false, licensee, expiry, commitment, package);
        emit Licensed(licence, msg.sender, licensee, commitment, package, maxUnits, expiry);
    }

    /// @inheritdoc IDesigns
    function revoke(bytes32 licence) external {
        Licence storage granted = _licences[licence];
        if (msg.sender != granted.owner) revert NotOwner(licence, msg.sender);
        if (granted.revoked) revert LicenceRevoked(licence);
        granted.revoked = true;
        emit Revoked(licence);
    }

    /// @inheritdoc IDesigns
    function record(bytes32 licence, uint32 units, bytes32 evidence) external {
        Licence storage granted = _licences[licence];
        if (msg.sender != granted.licensee) revert NotLicensee(licence, msg.sender);
        if (granted.revoked) revert LicenceRevoked(licence);
        if (block.timestamp > granted.expiry) revert Expired(licence, granted.expiry);
        if (units == 0) revert NoUnits();
        if (evidence == 0) revert NoEvidence();
        uint32 made = granted.made;
        uint32 left = granted.maxUnits - made;
        if (units > left) revert OverLicence(licence, left, units);

        granted.made = made + units;
        emit Recorded(licence, made + 1, made + units, evidence);
    }

    /// @inheritdoc IDesigns
    function serial(bytes32 licence, uint32 number) external view returns (bytes32) {
        if (number == 0 || number > _licences[licence].made) revert NotMade(licence, number);
        return sha256(abi.encodePacked("guildmark/serial/1", licence, number));
    }

    /// @inheritdoc IDesigns
    function contains(
        address owner,
        bytes32 commitment,
        bytes32 leafHash,
        uint64 index,
        uint64 size,
        bytes32[] calldata proof
    ) external view returns (bool) {
        bytes32 root = rootOf[owner][commitment];
        return root != 0 && MerkleTree.includes(root, leafHash, index, size, proof);
    }

    /// @inheritdoc IDesigns
    function licenceOf(bytes32 licence) external view returns (Licence memory) {
        return _licences[licence];
    }
}
