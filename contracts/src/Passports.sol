// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";
import {IDesigns} from "./interfaces/IDesigns.sol";
import {IERC5192} from "./interfaces/IERC5192.sol";
import {IPassports} from "./interfaces/IPassports.sol";

/// @title Passports of finished parts.
contract Passports is IPassports, ERC721 {
    /// @inheritdoc IPassports
    IDesigns public immutable designs;

    /// @inheritdoc IPassports
    mapping(uint256 tokenId => bytes32) public headOf;

    mapping(uint256 tokenId => bool) private _unlocked;

    constructor(IDesigns designs_) ERC721("Guildmark Passport", "PART") {
        designs = designs_;
    }

    /// @inheritdoc IPassports
    function issue(bytes32 licence, uint32 number, bytes32 head) external returns (uint256 tokenId) {
        IDesigns.Licence memory granted = designs.licenceOf(licence);
        if (msg.sender != granted.licensee) revert NotLicensee(licence, msg.sender);
        if (head == 0) revert NoHead();

        tokenId = uint256(designs.serial(licence, number));
        if (headOf[tokenId] != 0) revert AlreadyIssued(tokenId);
        headOf[tokenId] = head;
        _mint(granted.owner, tokenId);
        emit Issued(tokenId, licence, number, head);
        emit Locked(tokenId);
    }

    /// @inheritdoc IPassports
    function setLocked(uint256 tokenId, bool locked_) external {
        if (msg.sender != ownerOf(tokenId)) revert NotHolder(tokenId, msg.sender);
        _unlocked[tokenId] = !locked_;
        if (locked_) emit Locked(tokenId);
        else emit Unlocked(tokenId);
    }

    /// @inheritdoc IERC5192
    function locked(uint256 tokenId) external view returns (bool) {
        _requireOwned(tokenId);
        return !_unlocked[tokenId];
    }

    /// @inheritdoc IERC165
    function supportsInterface(bytes4 interfaceId) public view override(ERC721, IERC165) returns (bool) {
        return interfaceId == type(IERC5192).interfaceId || super.supportsInterface(interfaceId);
    }

    function _update(address to, uint256 tokenId, address auth) internal override returns (address) {
        address from = _ownerOf(tokenId);
        if (from != address(0)) {
            if (!_unlocked[tokenId]) revert TokenLocked(tokenId);
            delete _unlocked[tokenId];
            emit Locked(tokenId);
        }
        return super._update(to, tokenId, auth);
    }
}
