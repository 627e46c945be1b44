// SPDX-License-Identifier: Apache-2.0

import Manifests
import Testing

@testable import Mainstay

@Suite("Status as text")
struct StatusTextTests {
    private static let now = Timestamp(millisecondsSinceEpoch: 1_795_255_260_000)
    private static let status: Value = [
        "ready": true,
        "source": [
            "url": "https://git.example.com/planet.git", "branch": "main", "head": "bbbbbbbbbbbb",
            "lastPollAt": "2026-11-21T10:00:55.000Z", "error": .null,
        ],
        "pipeline": ["revision": "bbbbbbbbbbbb", "error": .null], "cluster": ["version": "v1.37.0", "error": .null],
    ]
    private static let api: Value = [
        "name": "api", "environment": "staging", "phase": "succeeded", "health": "healthy",
        "revision": "bbbbbbbbbbbb", "targetRevision": "bbbbbbbbbbbb", "cause": .null, "message": "",
        "lastRolloutAt": "2026-11-21T08:00:00.000Z",
    ]
    private static let worker: Value = [
        "name": "worker", "environment": "staging", "phase": "failed", "health": "degraded",
        "revision": "aaaaaaaaaaaa", "targetRevision": "bbbbbbbbbbbb", "message": "", "lastRolloutAt": .null,
        "cause": ["object": "Deployment staging/worker", "reason": "CrashLoopBackOff", "message": "exit code 1"],
    ]

    private static func text(_ status: Value = status, applications: [Value]) -> StatusText {
        StatusText(status: status, applications: applications, now: now)
    }

    @Test("It says what runs where, since when, whether it is well, and why not")
    func whole() {
        let text = Self.text(applications: [Self.api, Self.worker])
        #expect(
            text.text(on: .none) == """
                source   https://git.example.com/planet.git, branch main, at bbbbbbb, polled 5s ago
                cluster  v1.37.0

                ENVIRONMENT  APPLICATION  HEALTH    PHASE      REVISION  TARGET   LAST ROLLOUT
                staging      api          healthy   succeeded  bbbbbbb   bbbbbbb  2h ago
                staging      worker       degraded  failed     aaaaaaa   bbbbbbb  -
                    Deployment staging/worker: CrashLoopBackOff: exit code 1

                """)
        #expect(!text.isWell)
    }

    @Test("Further clusters are told of, each application with its own, and one that is down is a problem")
    func clusters() {
        guard case .object(var status) = Self.status, case .object(var worker) = Self.api else { return }
        status["clusters"] = [
            ["name": "east", "version": "v1.36.2", "error": .null],
            [
                "name": "west", "version": .null, "error": "connection refused",
                "failingSince": "2026-11-21T10:00:05.123Z",
            ],
        ]
        worker["cluster"] = "east"
        let text = Self.text(.object(status), applications: [Self.api, .object(worker)])
        #expect(
            text.text(on: .none) == """
                source   https://git.example.com/planet.git, branch main, at bbbbbbb, polled 5s ago
                cluster  v1.37.0
                cluster  east v1.36.2
                cluster  west not reached yet
                problem  cluster west: fails since 2026-11-21T10:00:05Z: connection refused

                CLUSTER    ENVIRONMENT  APPLICATION  HEALTH   PHASE      REVISION  TARGET   LAST ROLLOUT
                (default)  staging      api          healthy  succeeded  bbbbbbb   bbbbbbb  2h ago
                east       staging      api          healthy  succeeded  bbbbbbb   bbbbbbb  2h ago

                """)
        #expect(!text.isWell)
    }

    @Test("It says what was taken up where the ledger did not know it, and why the search is not done")
    func takenUp() {
        guard case .object(var status) = Self.status else { return }
        status["search"] = ["takenUp": 3, "finishedAt": .null, "error": "list Services: forbidden"]
        let text = Self.text(.object(status), applications: [Self.api])
        #expect(
            text.text(on: .none).contains(
                "v1.37.0\nledger   3 objects that it did not know taken up from the cluster\n"
                    + "problem  search: list Services: forbidden\n"))
        #expect(!text.isWell)
        status["search"] = ["takenUp": 0, "finishedAt": "2026-11-21T10:00:30.000Z", "error": .null]
        #expect(!Self.text(.object(status), applications: [Self.api]).text(on: .none).contains("taken up"))
    }

    @Test("What a person did is told once, and its moment to the second")
    func setAside() {
        guard case .object(var api) = Self.api else { return }
        let message: Value = "destroyed by root since 2026-11-21T10:00:00Z: 2 objects"
        (api["message"], api["cause"]) = (message, ["reason": "Destroyed", "message": message])
        api["suspensions"] = [
            [
                "object": "Deployment/api", "by": "ada", "since": "2026-11-21T10:00:40.123Z", "reason": "by hand",
            ]
        ]
        #expect(
            Self.text(applications: [.object(api)]).text(on: .none).hasSuffix(
                "2h ago\n    destroyed by root since 2026-11-21T10:00:00Z: 2 objects\n"
                    + "    Deployment/api suspended by ada since 2026-11-21T10:00:40Z: by hand\n"))
    }

    @Test("What others changed stands under the application")
    func drift() {
        guard case .object(var api) = Self.api else { return }
        api["drift"] = [["message": "Deployment staging/api: .spec.paused added by kubectl-rollout"]]
        let text = Self.text(applications: [.object(api)])
        #expect(
            text.text(on: .none).hasSuffix(
                "2h ago\n    drift: Deployment staging/api: .spec.paused added by kubectl-rollout\n"))
        #expect(text.isWell)
    }

    @Test(
        "A certificate that was to be renewed and was not, or that has expired, stands there; one that is well does not"
    )
    func certificates() {
        guard case .object(var api) = Self.api else { return }
        func certificate(_ name: String, _ end: String, _ due: String) -> Value {
            [
                "object": .string("Certificate staging/\(name)"), "ready": true,
                "expiresAt": .string("2026-11-\(end)T10:01:00.000Z"),
                "renewsAt": .string("2026-11-\(due)T08:00:00.000Z"),
            ]
        }
        api["certificates"] = [
            certificate("well", "30", "22"), certificate("late", "23", "20"), certificate("over", "20", "19"),
            ["object": "Certificate staging/new", "ready": false, "expiresAt": .null, "renewsAt": .null],
        ]
        #expect(
            Self.text(applications: [.object(api)]).text(on: .none).hasSuffix(
                """
                2h ago
                    Certificate staging/late was to be renewed at 2026-11-20T08:00:00Z; it expires in 2d
                    Certificate staging/over expired at 2026-11-20T10:01:00Z

                """))
    }

    @Test("What waits for a person's word comes first, with the command; then what bakes, was left alone, or undone")
    func standing() {
        guard case .object(var api) = Self.api else { return }
        api["bakesUntil"] = "2026-11-21T10:05:00.000Z"
        api["notes"] = [
            "pruned ConfigMap staging/a", "dependent web in staging is healthy",
            "dependent api in staging is healthy, and passes its 2 checks",
            "ConfigMap staging/b was left alone: it is marked reconcile: disabled",
            "7 objects wait: mainstay approve api -e staging --prune lists them",
        ]
        api["undone"] = [
            "count": 3, "last": "2026-11-21T10:00:40.000Z", "message": "Deployment staging/api: x changed",
        ]
        let text = Self.text(applications: [.object(api)])
        #expect(
            text.text(on: .none).hasSuffix(
                """
                2h ago
                    baking until 2026-11-21T10:05:00Z, for another 4m: a relapse is taken back
                    7 objects wait: mainstay approve api -e staging --prune lists them
                    ConfigMap staging/b was left alone: it is marked reconcile: disabled
                    drift undone 3 times, last 20s ago: Deployment staging/api: x changed

                """))
        #expect(text.isWell)
    }

    @Test("A message that is only the cause's is shown with the object that it is about")
    func object() {
        guard case .object(var worker) = Self.worker else { return }
        worker["message"] = "exit code 1"
        #expect(
            Self.text(applications: [.object(worker)]).text(on: .none)
                .contains("\n    Deployment staging/worker: CrashLoopBackOff: exit code 1\n"))
    }

    @Test("Of many notes the first few are shown, and where the others are")
    func manyNotes() {
        let notes = Value.array((1...9).map { .string("note \($0)") })
        #expect(Display.notes(notes).count == 5)
        #expect(Display.notes(notes).last == "and 5 more notes: mainstay history -o json")
    }

    @Test("All is well where the daemon is ready, nothing is wrong, and every application is healthy")
    func well() {
        #expect(Self.text(applications: [Self.api]).isWell)
        #expect(Self.text(applications: []).isWell)
    }

    @Test(
        "One problem of source, pipeline or cluster is shown, and is not well",
        arguments: ["source", "pipeline", "cluster"])
    func problems(part: String) {
        var status = Self.status.object ?? Object()
        var section = status[part]?.object ?? Object()
        section["error"] = "it is\nnot there"
        status[part] = .object(section)
        let text = Self.text(.object(status), applications: [Self.api])
        #expect(text.text(on: .none).contains("\nproblem  \(part): it is\n         not there\n\n"))
        #expect(!text.isWell)
    }

    @Test("A receiver of notifications that fails is a problem, with since when and what waits for it")
    func receivers() {
        var status = Self.status.object ?? Object()
        status["notifications"] = [
            "receivers": [
                ["name": "hook", "error": .null, "pending": 0],
                [
                    "name": "chat", "error": "no\nconnection", "pending": 4,
                    "failingSince": "2026-11-21T10:00:00.000Z",
                ],
            ],
            "problems": ["the pipeline notifies \"cht\""],
        ]
        let text = Self.text(.object(status), applications: [Self.api])
        #expect(
            text.text(on: .none).contains(
                "\nproblem  notifications: the pipeline notifies \"cht\"\nproblem  notifications: chat fails since "
                    + "2026-11-21T10:00:00Z, 4 waiting: no connection\n\n"))
        #expect(!text.isWell)
    }

    @Test("Before anything was read it says so, and is not well")
    func starting() {
        let status: Value = [
            "ready": false, "source": ["url": "/planet.git", "branch": "main", "head": .null, "lastPollAt": .null],
            "pipeline": ["revision": .null], "cluster": ["version": .null],
        ]
        let text = Self.text(status, applications: [])
        #expect(
            text.text(on: .none) == """
                source   /planet.git, branch main, not read yet
                cluster  not reached yet

                No applications: no pipeline is in force yet.

                """)
        #expect(!text.isWell)
    }

    @Test(
        "An age is told in the unit that people would take",
        arguments: [
            (0, "0s"), (119, "119s"), (120, "2m"), (7199, "119m"), (7200, "2h"), (172_799, "47h"), (172_800, "2d"),
            (-5, "0s"),
        ])
    func ages(seconds: Int64, text: String) {
        #expect(Display.duration(.seconds(seconds)) == text)
    }

    @Test("A history shows under a failed rollout why it failed")
    func history() {
        let answer: Value = [
            "items": [
                [
                    "startedAt": "2026-11-21T10:00:00.000Z", "endedAt": "2026-11-21T10:00:09.500Z",
                    "environment": "staging", "application": "worker", "revision": "bbbbbbbbbbbb",
                    "fromRevision": .null, "trigger": "revision", "phase": "failed",
                    "verdict": ["cause": ["object": .null, "reason": "Timeout", "message": "took too long"]],
                ]
            ]
        ]
        #expect(
            RolloutTable(answer, now: Self.now).text(on: .none) == """
                STARTED  ENVIRONMENT  APPLICATION  PHASE   REVISION  FROM  TRIGGER   TOOK
                60s ago  staging      worker       failed  bbbbbbb   -     revision  9s
                    Timeout: took too long

                """)
        #expect(RolloutTable(["items": []], now: Self.now).text(on: .none) == "No rollouts yet.\n")
    }

    @Test("With logs it shows what hooks' runs and what failed wrote last, none of it twice")
    func logs() {
        func text(_ cause: Value, _ hooks: Value, _ terminal: Terminal = .none) -> String {
            let answer: Value = [
                "items": [["phase": "failed", "verdict": ["cause": cause, "notes": ["a note"]], "hooks": hooks]]
            ]
            let text = RolloutTable(answer, now: Self.now, withLogs: true).text(on: terminal)
            #expect(!RolloutTable(answer, now: Self.now).text(on: .none).contains("|"))
            return text.split(separator: "\n").dropFirst(2).joined(separator: "\n")
        }
        let migrate: Value = [
            "object": "Job s/migrate", "outcome": "failed", "logLines": ["  no table", "\u{1B}[31mend"],
        ]
        let failed: Value = [
            "object": "Job s/migrate", "reason": "Error", "message": "failed",
            "logLines": ["  no table", "\u{1B}[31mend"],
        ]
        let seed: Value = ["object": "Job s/seed", "outcome": "succeeded", "logLines": []]
        #expect(
            text(failed, [seed, migrate]) == """
                    Job s/migrate: Error: failed
                    Job s/seed succeeded
                    Job s/migrate failed
                    |   no table
                    |  [31mend
                    a note
                """)
        let crash: Value = ["object": "Deployment s/a", "reason": "Error", "message": "ended", "logLines": ["panic"]]
        #expect(
            text(crash, [seed]) == """
                    Deployment s/a: Error: ended
                    | panic
                    Job s/seed succeeded
                    a note
                """)
    }

    @Test("Queries are escaped")
    func query() {
        var query = URLQuery()
        #expect(query.text == "")
        query.add("application", "a b&c=ä/?")
        query.add("environment", nil)
        query.add("limit", "5")
        #expect(query.text == "?application=a%20b%26c%3D%C3%A4%2F%3F&limit=5")
    }

    @Test("The daemon's address is the option, else the variable, else the standard one, without slashes at its end")
    func address() {
        #expect(ServerOptions.address("http://a/", environment: ["MAINSTAY_SERVER": "http://b"]) == "http://a")
        #expect(ServerOptions.address(nil, environment: ["MAINSTAY_SERVER": "http://b//"]) == "http://b")
        #expect(ServerOptions.address(nil, environment: ["MAINSTAY_SERVER": ""]) == "http://127.0.0.1:8080")
    }

    @Test("A history of several clusters says of a removal where it was, unless an older version recorded it")
    func removals() {
        func item(_ digest: String, _ cluster: Value) -> Value {
            [
                "startedAt": "2026-11-21T10:00:00.000Z", "environment": "staging", "application": "api",
                "cluster": cluster, "digest": .string(digest), "trigger": "removal", "phase": "succeeded",
            ]
        }
        let answer: Value = ["items": [item("@east", "east"), item("@", .null), item("", .null)]]
        let lines = RolloutTable(answer, now: Self.now).text(on: .none).split(separator: "\n").dropFirst()
        #expect(lines.map { $0.split(separator: " ")[2] } == ["east", "(default)", "-"])
    }

    @Test("What is worth knowing of the pipeline is told, and is no problem")
    func notes() {
        guard case .object(var status) = Self.status, case .object(var pipeline)? = status["pipeline"] else { return }
        pipeline["notes"] = ["mainstay.yaml of the branch develop differs"]
        status["pipeline"] = .object(pipeline)
        let text = Self.text(.object(status), applications: [Self.api])
        #expect(text.text(on: .none).contains("\nnote     mainstay.yaml of the branch develop differs\n\n"))
        #expect(text.isWell)
    }
}
