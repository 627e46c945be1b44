// SPDX-License-Identifier: Apache-2.0

internal import Ledger
internal import Manifests
internal import Planning
internal import Reconciler
internal import Testing

extension Stories {
    /// What people, clocks and other services do wrong: each has a state with a name and a message, deploys nothing that it
    /// should not, and is remembered by the next daemon.
    @Suite("What is done wrong")
    struct BadInputTests {
        private static let people = People([
            .init(name: "ada", groups: ["leads"]), .init(name: "bea", groups: ["leads"]),
            .init(name: "cem", groups: ["developers"]),
        ])

        private static func sample(
            production: String = "", application: String = "", tag: String = "1", more: [String: String] = [:]
        ) -> Sample {
            Sample(
                files: [
                    "mainstay.yaml": """
                    apiVersion: mainstay.dev/v1
                    kind: Pipeline
                    environments:
                    - {name: staging, namespace: staging}
                    - {name: production, namespace: production\(production)}
                    applications:
                    - {name: api, environments: [staging, production], path: k8s\(application)}

                    """,
                    "k8s/deployment.yaml": Monorepo.deployment("api", image: "example.com/api:\(tag)", environment: []),
                    "k8s/service.yaml": Monorepo.service("api"),
                ].merging(more) { _, own in own })
        }

        private static func play(
            _ sample: Sample, notifications: NotificationSettings = NotificationSettings(),
            _ body: @escaping @Sendable (SampleStory) async throws -> Void
        ) async throws {
            try await SampleStory.play(sample, people: people, notifications: notifications) { story in
                try await story.makeNamespaces("staging", "production")
                try await body(story)
            }
        }

        private static func reasons(_ story: SampleStory) -> [GateWait.Reason] {
            story.status("api", "production")?.waits.map(\.reason) ?? []
        }

        /// Why it was refused, by reason; nil where it was done.
        private static func refusal(
            _ story: SampleStory, _ action: OperatorAction, by person: String = "bea"
        ) async throws -> String? {
            do {
                _ = try await story.say(action, by: person)
                return nil
            } catch let refusal as ActionRefusal {
                #expect(!refusal.message.isEmpty)
                return refusal.reason
            }
        }

        private static func approve(_ person: String, _ revision: String? = nil) -> OperatorAction {
            .approve(
                GateRequest(application: "api", environment: "production", revision: revision, person: person))
        }

        private static func isUntouched(_ story: SampleStory, _ namespace: String = "production") async -> Bool {
            await story.deployment("api", namespace) == nil
        }

        @Test(
            "Approvals of another revision, by the wrong group, twice, and late count for nothing, whichever daemon is told"
        )
        func approvals() async throws {
            let gate = ", approvals: {count: 2, groups: [leads, developers], expires: 1h}"
            let first = Self.sample(production: gate)
            let second = Self.sample(production: gate, tag: "2")
            try await Self.play(first) { story in
                let old = try story.merge(first, "Begin")
                try await story.until("it waits") { Self.reasons(story) == [.approval] }
                #expect(try await Self.refusal(story, Self.approve("bea")) == nil)
                let commit = try story.merge(second, "Next")
                try await story.until("the next one waits") {
                    story.status("api", "production")?.targetRevision == commit && Self.reasons(story) == [.approval]
                }
                for isLater in [false, true] {
                    if isLater {
                        try await story.restart()
                        try await story.until("it waits") { Self.reasons(story) == [.approval] }
                    }
                    #expect(try await Self.refusal(story, Self.approve("bea", old)) == "AnotherRevision")
                    #expect(try await Self.refusal(story, Self.approve("dan")) == "NotInGroup")
                    #expect(try await Self.refusal(story, Self.approve("bea")) == (isLater ? "AlreadyApproved" : nil))
                    #expect(try await Self.refusal(story, Self.approve("bea")) == "AlreadyApproved")
                }
                // Too late: the first approval is over when the second comes.
                try await story.pass(.seconds(3700))
                try await story.restart()
                try await story.until("it waits") { Self.reasons(story) == [.approval] }
                #expect(try await Self.refusal(story, Self.approve("cem")) == nil)
                try await story.pass(.seconds(600))
                #expect(Self.reasons(story) == [.approval])
                #expect(await Self.isUntouched(story))
                #expect(try await Self.refusal(story, Self.approve("bea")) == nil)
                try await story.untilHealthy("api", in: "production", at: commit)
                try await story.restart()
                try await story.untilHealthy("api", in: "production", at: commit)
                #expect(try await Self.refusal(story, Self.approve("cem")) == "NothingWaits")
                #expect(await story.image("api", "production") == "example.com/api:2")
            }
        }

        @Test("A confirmation that is mistyped confirms nothing, now or after a restart")
        func mistyped() async throws {
            let sample = Self.sample(production: ", deploy: confirm, confirmPhrase: go-live")
            try await Self.play(sample) { story in
                let commit = try story.merge(sample, "Begin")
                let request = GateRequest(environment: "production", person: "bea")
                for _ in 1...2 {
                    try await story.until("it waits") { Self.reasons(story) == [.confirmation] }
                    for phrase in ["go live", "GO-LIVE", "go-live ", ""] {
                        let refusal = try await Self.refusal(story, .promote(request, phrase: phrase))
                        #expect(refusal == "WrongPhrase", "\(phrase)")
                    }
                    try await story.restart()
                }
                try await story.until("it waits") { Self.reasons(story) == [.confirmation] }
                try await story.pass(.seconds(600))
                #expect(await Self.isUntouched(story))
                #expect(try await Self.refusal(story, .promote(request, phrase: "go-live")) == nil)
                try await story.untilHealthy("api", in: "production", at: commit)
            }
        }

        @Test("A window that is never open is said to be so, and nothing goes through it")
        func neverOpen() async throws {
            let sample = Self.sample(
                production: #", windows: [{kind: allow, schedule: "0 12 30 2 *", duration: 1h, timeZone: UTC}]"#)
            try await Self.play(sample) { story in
                try story.merge(sample, "Begin")
                for _ in 1...2 {
                    try await story.until("it waits") { Self.reasons(story) == [.windowNeverOpens] }
                    let status = try #require(story.status("api", "production"))
                    #expect(status.phase == .blocked && status.cause?.reason == "WindowNeverOpens")
                    #expect(status.message.contains("none opens within four years"), "\(status.message)")
                    try await story.pass(.seconds(86_400))
                    #expect(await Self.isUntouched(story))
                    try await story.restart()
                }
            }
        }

        @Test(
            "A check against a Service that does not exist holds the rollout, with nothing applied, whichever daemon looks"
        )
        func noService() async throws {
            let sample = Self.sample(application: ", verify: [{http: {service: apii, port: 80, path: /}}]")
            try await Self.play(sample) { story in
                try story.merge(sample, "Begin")
                for _ in 1...2 {
                    try await story.until("it is held") {
                        story.status("api", "staging")?.cause?.reason == "CheckServiceMissing"
                    }
                    let status = try #require(story.status("api", "staging"))
                    #expect(status.phase == .blocked && status.message.contains("Service staging/apii"))
                    try await story.pass(.seconds(7200))
                    #expect(await Self.isUntouched(story, "staging"))
                    try await story.restart()
                }
                #expect(try await story.rollouts("api", "staging").count == 1)
                let mended = Self.sample(application: ", verify: [{http: {service: api, port: 80, path: /}}]")
                try story.merge(mended, "Mend")
                try await story.until("it goes on") { story.status("api", "staging")?.phase == .succeeded }
            }
        }

        @Test(
            "A hook that never ends fails its rollout, with no workload changed, though the daemon is killed meanwhile",
            arguments: ["mainstay.dev/hook-deadline: 10m", "mainstay.dev/note: none"])
        func endlessHook(annotation: String) async throws {
            let job = """
                apiVersion: batch/v1
                kind: Job
                metadata:
                  name: migrate
                  annotations: {mainstay.dev/hook: before, \(annotation)}
                spec:
                  template: {spec: {restartPolicy: Never, containers: [{name: migrate, image: "example.com/migrate:unready"}]}}

                """
            let first = Self.sample(application: ", timeout: 20m")
            let sample = Self.sample(application: ", timeout: 20m", tag: "2", more: ["k8s/migrate.yaml": job])
            try await Self.play(first) { story in
                try await story.untilHealthy("api", in: "staging", at: try story.merge(first, "Begin"))
                let bad = try story.merge(sample, "Migrate")
                try await story.pass(.seconds(300))
                try await story.restart()
                try await story.until("it fails") { story.status("api", "staging")?.quarantine?.revision == bad }
                #expect(story.now < .seconds(1600))
                let cause = try #require(story.status("api", "staging")?.quarantine?.cause)
                #expect(cause.object?.kind == "Job", "\(cause)")
                try await story.until("it is taken back") { story.status("api", "staging")?.phase == .rolledBack }
                try await story.restart()
                try await story.pass(.seconds(3600))
                #expect(story.status("api", "staging")?.quarantine?.revision == bad)
                #expect(await story.image("api", "staging") == "example.com/api:1")
                #expect(story.transport.created.count { $0.contains("/staging/jobs") } == 1)
                #expect(try await story.rollouts("api", "staging").count == 3)
            }
        }

        @Test("A webhook that is down for a day has everything once when it is back, in order, over two restarts")
        func webhookDown() async throws {
            let sample = Self.sample()
            let settings = NotificationSettings(
                receivers: [.init(name: "hook", service: .webhook)], routes: [NotificationRoute(receivers: ["hook"])])
            try await Self.play(sample, notifications: settings) { story in
                story.post.close("hook")
                try await story.untilHealthy("api", in: "production", at: try story.merge(sample, "Begin"))
                try await story.pass(.seconds(40_000))
                #expect(story.board.daemon.notifications.receivers.first?.error == "down")
                try await story.restart()
                let bad = try story.merge(Self.sample(tag: "missing"), "Break")
                try await story.until("it is taken back") { story.status("api", "staging")?.phase == .rolledBack }
                try await story.pass(.seconds(46_400))
                try await story.restart()
                try await story.pass(.seconds(60))
                let shown = story.board.daemon.notifications.receivers.first
                #expect(shown?.error == "down" && shown?.pending == 6)
                story.post.open("hook")
                try await story.pass(.seconds(900))
                let staging = story.post.got("hook").filter { $0.target.environment == "staging" }
                #expect(staging.map(\.kind) == [.succeeded, .failed, .rolledBack])
                #expect(staging[1].revision == bad)
                #expect(story.post.got("hook").count == 6)
                #expect(Set(story.post.got("hook").map(\.id)).count == 6)
                #expect(story.board.daemon.notifications.receivers.first?.error == nil)
            }
        }

        @Test("A clock that is set forward makes no day of staging, and the next daemon knows that it was")
        func clockJumps() async throws {
            let sample = Self.sample(production: ", requires: [{environment: staging, healthyFor: 24h}]")
            try await Self.play(sample) { story in
                let commit = try story.merge(sample, "Begin")
                try await story.untilHealthy("api", in: "staging", at: commit)
                let healthyAt = story.now
                try await story.pass(.seconds(3600))
                story.setClock(forwardBy: .seconds(90_000))
                try await story.until("it is noticed") { Self.reasons(story) == [.clockJumped] }
                #expect(story.status("api", "production")?.message.contains("set forward by 25h") == true)
                try await story.restart()
                try await story.until("it is known") { Self.reasons(story) == [.clockJumped] }
                try await story.pass(.seconds(70_000))
                #expect(await Self.isUntouched(story))
                try await story.untilHealthy("api", in: "production", at: commit, within: .seconds(20_000))
                #expect(story.now - healthyAt >= .seconds(86_400))
                #expect(story.now - healthyAt < .seconds(87_000))
            }
        }

        @Test("A clock that is set back loses nothing, and ends no soak early")
        func clockSetBack() async throws {
            let sample = Self.sample(production: ", requires: [{environment: staging, healthyFor: 2h}]")
            try await Self.play(sample) { story in
                let commit = try story.merge(sample, "Begin")
                try await story.untilHealthy("api", in: "staging", at: commit)
                let healthyAt = story.now
                story.setClock(forwardBy: .seconds(-3600))
                try await story.pass(.seconds(7000))
                try await story.restart()
                #expect(await Self.isUntouched(story))
                try await story.untilHealthy("api", in: "production", at: commit, within: .seconds(20_000))
                #expect(story.now - healthyAt >= .seconds(7200))
                #expect(story.now - healthyAt < .seconds(11_500))
            }
        }

        @Test("A clock that is a year behind for a while makes no year of a soak once it is right again")
        func clockSetRight() async throws {
            let sample = Self.sample(production: ", requires: [{environment: staging, healthyFor: 2h}]")
            try await Self.play(sample) { story in
                let commit = try story.merge(sample, "Begin")
                try await story.untilHealthy("api", in: "staging", at: commit)
                let healthyAt = story.now
                story.setClock(forwardBy: .seconds(-86_400 * 365))
                try await story.pass(.seconds(300))
                story.setClock(forwardBy: .seconds(86_400 * 365))
                try await story.pass(.seconds(300))
                try await story.restart()
                try await story.untilHealthy("api", in: "production", at: commit, within: .seconds(20_000))
                #expect(story.now - healthyAt >= .seconds(7200))
                #expect(story.now - healthyAt < .seconds(8500))
            }
        }
    }
}
