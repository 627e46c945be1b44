// SPDX-License-Identifier: Apache-2.0

extension DaemonPlanner {
    /// Why there is no plan.
    package struct Failure: Error, Sendable, Equatable, CustomStringConvertible {
        package enum Kind: Sendable {
            /// It names what is not there.
            case unknown
            /// What it names cannot be read as it is.
            case invalid
            /// It may work later.
            case unavailable
        }

        package var kind: Kind
        package var description: String

        package init(_ kind: Kind, _ description: String) {
            self.kind = kind
            self.description = description
        }
    }
}
