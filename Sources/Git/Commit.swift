// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// The name of a commit: 40 lowercase hexadecimal digits.
package struct CommitID: Sendable, Hashable, CustomStringConvertible {
    package let hex: String

    /// Nil where the text is no full object id; abbreviations are not accepted.
    package init?(_ hex: String) {
        let bytes = hex.utf8
        guard bytes.count == 40, bytes.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }) else {
            return nil
        }
        self.hex = hex
    }

    /// For text that libgit2 itself wrote.
    init(trusted hex: String) { self.hex = hex }

    package var description: String { hex }
}

package struct CommitInfo: Sendable, Hashable {
    package var id: CommitID
    package var parents: [CommitID]
    package var authorName: String
    package var authorEmail: String
    package var committedAt: Timestamp
    /// The message's first paragraph on one line, as `git log --format=%s` shows it; at most 500 characters.
    package var message: String

    package init(
        id: CommitID, parents: [CommitID], authorName: String, authorEmail: String, committedAt: Timestamp,
        message: String
    ) {
        self.id = id
        self.parents = parents
        self.authorName = authorName
        self.authorEmail = authorEmail
        self.committedAt = committedAt
        self.message = message
    }
}
