// SPDX-License-Identifier: Apache-2.0

internal import Manifests

/// The status as people read it.
struct StatusText {
    private static let parts = ["source", "pipeline", "cluster", "search"]

    let status: Value
    let applications: [Value]
    let now: Timestamp

    /// True where nothing needs a person: all was read, and every application is healthy.
    var isWell: Bool {
        status["ready"]?.bool == true && problems.isEmpty
            && applications.allSatisfy { application in
                let phase = application["phase"]?.string
                return application["health"]?.string == "healthy" && application["quarantine"]?.object == nil
                    && application["hold"]?.object == nil && (application["suspensions"]?.array ?? []).isEmpty
                    && phase != "failed" && phase != "blocked"
            }
    }

    func text(on terminal: Terminal) -> String { header + problems.joined() + notes + "\n" + table(terminal) }

    /// Nobody has to do anything for these.
    private var notes: String {
        (status["pipeline"]?["notes"]?.array ?? []).compactMap(\.string).map { "note     \($0.withoutControls)\n" }
            .joined()
    }

    private var header: String {
        let source = status["source"]
        let url = Display.text(source?["url"]).text
        let branch = Display.text(source?["branch"]).text
        let head = source?["head"]?.string == nil ? "not read yet" : "at \(Display.revision(source?["head"]).text)"
        let polled = Display.age(source?["lastPollAt"], now: now)
        let version = status["cluster"]?["version"]?.string.map { $0.withoutControls } ?? "not reached yet"
        return "source   \(url), branch \(branch), \(head)\(polled.isEmpty ? "" : ", polled \(polled)")\n"
            + "cluster  \(version)\n" + clusters + search
    }

    /// Beside the default one.
    private var clusters: String {
        (status["clusters"]?.array ?? []).map { cluster in
            "cluster  \(Display.text(cluster["name"]).text) "
                + "\(cluster["version"]?.string.map { $0.withoutControls } ?? "not reached yet")\n"
        }.joined()
    }

    /// What a ledger that was lost, or is new, did not know of.
    private var search: String {
        guard let count = status["search"]?["takenUp"]?.integer, count > 0 else { return "" }
        let objects = count == 1 ? "1 object" : "\(count) objects"
        return "ledger   \(objects) that it did not know taken up from the cluster\n"
    }

    private var problems: [String] {
        Self.parts.compactMap { part in
            status[part]?["error"]?.string.map {
                "problem  \(part): \(Self.failing(status[part]))\($0.linesWithoutControls(indent: "         "))\n"
            }
        } + clusterProblems + notificationProblems.map { "problem  notifications: \($0.withoutControls)\n" }
    }

    private var clusterProblems: [String] {
        (status["clusters"]?.array ?? []).compactMap { cluster in
            cluster["error"]?.string.map {
                "problem  cluster \(Display.text(cluster["name"]).text): \(Self.failing(cluster))"
                    + "\($0.linesWithoutControls(indent: "         "))\n"
            }
        }
    }

    /// Of a cluster.
    private static func failing(_ part: Value?) -> String {
        part?["failingSince"]?.string == nil ? "" : "fails since \(seconds(part?["failingSince"])): "
    }

    private var notificationProblems: [String] {
        let receivers = (status["notifications"]?["receivers"]?.array ?? []).compactMap { receiver -> String? in
            guard let error = receiver["error"]?.string else { return nil }
            let waiting = receiver["pending"]?.integer.map { ", \($0) waiting" } ?? ""
            let since =
                receiver["failingSince"]?.string == nil ? "" : " since \(Self.seconds(receiver["failingSince"]))"
            return "\(receiver["name"]?.string ?? "") fails\(since)\(waiting): \(error)"
        }
        return (status["notifications"]?["problems"]?.array ?? []).compactMap(\.string) + receivers
    }

    private func table(_ terminal: Terminal) -> String {
        guard !applications.isEmpty else {
            return status["pipeline"]?["revision"]?.string == nil
                ? "No applications: no pipeline is in force yet.\n" : "No applications: the pipeline names none.\n"
        }
        let hasSeveral = !(status["clusters"]?.array ?? []).isEmpty
        var table = TextTable(
            (hasSeveral ? ["CLUSTER"] : [])
                + ["ENVIRONMENT", "APPLICATION", "HEALTH", "PHASE", "REVISION", "TARGET", "LAST ROLLOUT"])
        for item in applications {
            table.add(
                (hasSeveral ? [Display.cluster(item["cluster"])] : []) + [
                    Display.text(item["environment"]), Display.text(item["name"]), Display.health(item["health"]),
                    Display.phase(item["phase"]), Display.revision(item["revision"]),
                    Display.revision(item["targetRevision"]), Cell(Display.age(item["lastRolloutAt"], now: now)),
                ], notes: notes(on: item))
        }
        return table.text(on: terminal)
    }

    private func notes(on item: Value) -> [String] {
        [Self.state(of: item), baking(item)] + expiring(item) + Self.setAside(item) + Display.notes(Self.standing(item))
            + drift(of: item)
    }

    /// Why it is not well, or what it waits for. A message that is only the cause's says nothing of the object.
    private static func state(of item: Value) -> String {
        let message = item["message"]?.string ?? ""
        guard message.isEmpty || message == item["cause"]?["message"]?.string else { return message }
        // `destroyed by ada …` says the reason itself.
        let reason = item["cause"]?["reason"]?.string ?? ""
        let saysAll = item["cause"]?["object"]?.string == nil && message.lowercased().hasPrefix(reason.lowercased())
        return saysAll && !message.isEmpty ? message : Display.cause(item["cause"])
    }

    private func baking(_ item: Value) -> String {
        guard let text = item["bakesUntil"]?.string, let end = Timestamp(text), end > now else { return "" }
        return
            "baking until \(end.secondsDescription), for another \(Display.duration(end - now)): a relapse is taken back"
    }

    /// Certificates that were to be renewed an hour ago, and were not.
    private func expiring(_ item: Value) -> [String] {
        (item["certificates"]?.array ?? []).compactMap { certificate in
            func moment(_ name: String) -> Timestamp? { certificate[name]?.string.flatMap { Timestamp($0) } }
            guard let end = moment("expiresAt"), let due = moment("renewsAt") ?? moment("expiresAt"),
                due + .seconds(3600) < now || end <= now
            else { return nil }
            let object = Display.text(certificate["object"]).text
            guard end > now else { return "\(object) expired at \(end.secondsDescription)" }
            return
                "\(object) was to be renewed at \(due.secondsDescription); it expires in \(Display.duration(end - now))"
        }
    }

    /// What was left as it is; not what was done and is over.
    private static func standing(_ item: Value) -> Value {
        .array(
            (item["notes"]?.array ?? []).filter { note in
                let text = note.string ?? ""
                return !text.hasPrefix("pruned ") && !text.hasPrefix("took over ")
                    && !(text.hasPrefix("dependent ")
                        && (text.hasSuffix(" is healthy") || text.contains(" is healthy, and passes its ")))
            })
    }

    /// What others changed and stays, or comes back, or was undone.
    private func drift(of item: Value) -> [String] {
        let left = (item["drift"]?.array ?? []).compactMap { $0["message"]?.string }.map { "drift: \($0)" }
        guard let undone = item["undone"], let count = undone["count"]?.integer else { return left }
        let times = count == 1 ? "once" : "\(count) times, last"
        return left + [
            "drift undone \(times) \(Display.age(undone["last"], now: now)): \(undone["message"]?.string ?? "")"
        ]
    }

    /// Moments are told to the second, as in all messages.
    private static func seconds(_ value: Value?) -> String {
        let text = value?.string ?? ""
        return Timestamp(text)?.secondsDescription ?? text
    }

    /// Objects that people set aside; what is set aside whole says so in its message.
    private static func setAside(_ item: Value) -> [String] {
        (item["suspensions"]?.array ?? []).compactMap { suspension in
            guard let object = suspension["object"]?.string else { return nil }
            let texts = ["by", "reason"].map { suspension[$0]?.string ?? "" }
            return "\(object) suspended by \(texts[0]) since \(seconds(suspension["since"])): \(texts[1])"
        }
    }
}
