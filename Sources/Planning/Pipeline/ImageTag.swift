// SPDX-License-Identifier: Apache-2.0

extension Application {
    /// How an image's tag is written: as it stands, or with a commit or the environment in it.
    package struct Tag: Sendable, Hashable {
        /// Which commit a tag follows.
        package enum Commit: Sendable, Hashable {
            /// The last one that touched a path of the repository.
            case lastCommit(from: String)
            /// The last one that touched any of the application's inputs.
            case revision

            fileprivate var placeholder: String {
                switch self {
                case .lastCommit: Tag.lastCommitPlaceholder
                case .revision: Tag.revisionPlaceholder
                }
            }
        }

        static let lastCommitPlaceholder = "{lastCommit}"
        static let revisionPlaceholder = "{revision}"
        static let lengths = 7...40

        /// Nil where all of it is written down.
        private let commit: Commit?
        /// Digits of the commit's id.
        private let length: Int
        /// By environment; what has none there has `form`.
        private let forms: [String: String]
        private let form: String

        /// - Parameter forms: by environment, in place of `form`.
        init(form: String, forms: [String: String] = [:], commit: Commit? = nil, length: Int = 40) {
            self.form = form
            self.forms = forms
            self.commit = commit
            self.length = length
        }

        /// As written in the pipeline.
        package static func literal(_ text: String) -> Tag { Tag(form: text) }

        package static func lastCommit(from path: String) -> Tag {
            Tag(form: lastCommitPlaceholder, commit: .lastCommit(from: path))
        }

        package static var revision: Tag { Tag(form: revisionPlaceholder, commit: .revision) }

        private func form(in environment: String) -> String { forms[environment] ?? form }

        /// The commit that stands in the tag in an environment.
        package func commit(in environment: String) -> Commit? {
            guard let commit, form(in: environment).contains(commit.placeholder) else { return nil }
            return commit
        }

        /// - Parameter id: of the commit that the tag follows there.
        package func text(in environment: String, commit id: String) -> String {
            var text = form(in: environment)
            if let commit { text = text.replacing(commit.placeholder, with: id.prefix(length)) }
            return text.replacing(Application.environmentPlaceholder, with: environment)
        }

        /// A tag that follows commits is pushed by CI after the merge; one that is written down should exist.
        var defaultWait: Duration? { commit == nil ? nil : .seconds(20 * 60) }
    }
}
