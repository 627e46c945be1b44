// SPDX-License-Identifier: Apache-2.0

/// Why a patch cannot be applied. Nothing of it was.
package struct PatchError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The place in the patched object, as a JSON pointer (RFC 6901) or a dotted path.
    package var path: String
    package var message: String
    /// For a JSON patch, the operation's place in the list, from 0.
    package var operation: Int?

    package init(path: String, message: String, operation: Int? = nil) {
        self.path = path
        self.message = message
        self.operation = operation
    }

    package var description: String {
        let place = path.isEmpty ? "the root" : path
        guard let operation else { return "cannot patch \(place): \(message)" }
        return "cannot apply operation \(operation) at \(place): \(message)"
    }
}
