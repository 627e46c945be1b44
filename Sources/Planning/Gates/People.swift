// SPDX-License-Identifier: Apache-2.0

/// Who is who: the groups that approvals ask for, and the addresses that people commit with.
package struct People: Sendable, Hashable {
    package struct Person: Sendable, Hashable {
        package var name: String
        package var emails: [String]
        package var groups: [String]

        package init(name: String, emails: [String] = [], groups: [String] = []) {
            self.name = name
            self.emails = emails
            self.groups = groups
        }
    }

    package var persons: [Person]

    package init(_ persons: [Person] = []) { self.persons = persons }

    package subscript(name: String) -> Person? { persons.first { $0.name == name } }

    /// Whether a person is in one of the groups; anybody is where none are named.
    package func isIn(_ name: String, anyOf groups: [String]) -> Bool {
        guard !groups.isEmpty else { return true }
        return self[name].map { person in groups.contains { person.groups.contains($0) } } ?? false
    }

    /// Whether a person wrote one of the commits. Known by an address of theirs, or by the name that they go by.
    package func wrote(_ name: String, anyOf authors: [CommitAuthor]) -> Bool {
        let emails = Set((self[name]?.emails ?? []).map { $0.lowercased() })
        return authors.contains { author in
            emails.contains(author.email.lowercased()) || author.name.lowercased() == name.lowercased()
        }
    }
}

/// Who wrote a commit, as git has it.
package struct CommitAuthor: Sendable, Hashable {
    package var name: String
    package var email: String

    package init(name: String, email: String) {
        self.name = name
        self.email = email
    }
}
