// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser

struct NotifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "notify", abstract: "See whether receivers of notifications work.", subcommands: [Test.self])

    struct Test: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "test",
            abstract: "Have the daemon send a receiver a test message, and show what it answers.",
            discussion: """
                It goes past everything that waits for the receiver. A service that keeps alerts open is told of the \
                end of one that never began; of a git server is asked whether the token may read the repository. Exit \
                status: 0 where the receiver took it, 1 where it did not, or no daemon answers.
                """)

        @Argument(help: "The receiver, as the configuration names it.")
        var receiver: String

        @OptionGroup var control: ControlOptions

        func run() async throws { try await control.post("notify-test", [("receiver", receiver)]) }
    }
}
