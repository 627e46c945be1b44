// SPDX-License-Identifier: Apache-2.0

/// Why git could not do what was asked. Holds no credentials: a URL is given without user info.
package struct GitError: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Code: String, Sendable, CaseIterable {
        case invalidURL = "invalid URL"
        case unreachable = "unreachable"
        case timeout = "timed out"
        case credentials = "credentials refused"
        case hostKey = "host key refused"
        case notFound = "not found"
        case branchMissing = "branch missing"
        case corruptMirror = "corrupt mirror"
        case tooLarge = "too large"
        case cancelled = "cancelled"
        case other = "git failure"
    }

    package var code: Code
    /// The repository's URL without user info, a path, or a commit.
    package var subject: String
    package var message: String
    /// What to do next; empty where there is nothing to say.
    package var hint: String

    package init(_ code: Code, _ subject: String, _ message: String, hint: String = "") {
        self.code = code
        self.subject = subject
        self.message = message
        self.hint = hint
    }

    /// True where the same call may succeed later without anybody changing anything.
    /// A corrupt mirror is: the next fetch makes it anew.
    package var isTransient: Bool {
        switch code {
        case .unreachable, .timeout, .corruptMirror, .other: true
        case .invalidURL, .credentials, .hostKey, .notFound, .branchMissing, .tooLarge, .cancelled: false
        }
    }

    package var description: String {
        let line = "\(subject): \(code.rawValue): \(message)"
        return hint.isEmpty ? line : "\(line) (\(hint))"
    }
}
