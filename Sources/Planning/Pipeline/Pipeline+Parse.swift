// SPDX-License-Identifier: Apache-2.0

import Manifests

extension Pipeline {
    /// Reads a pipeline file strictly: one with any mistake has no pipeline.
    ///
    /// - Throws: `PipelineErrors` with every mistake: unknown fields, wrong types, bad names, references that lead
    ///   nowhere, cycles.
    package static func parse(_ bytes: [UInt8], file: String = "mainstay.yaml") throws(PipelineErrors) -> Pipeline {
        let limits = YAML.Limits(bytes: 1 << 20, depth: 32, nodes: 200_000, documents: 2)
        return try StrictDecoder.decode(bytes, file: file, limits: limits) { fields in
            fields.header(apiVersion: "mainstay.dev/v1", kind: "Pipeline")
            let environments = fields.maps("environments", EnvironmentEntry.init)
            let applications = fields.maps("applications", ApplicationEntry.init)
            let health = HealthExpressions(fields.maps("health", Self.health).compactMap { $0 })
            let notifications = fields.maps("notifications", NotificationRouteEntry.init)
            var check = PipelineCheck(context: fields.context)
            check.run(environments: environments, applications: applications)
            check.run(notifications, environments: environments, applications: applications)
            return Pipeline(
                environments: environments.map(\.environment),
                applications: applications.map { entry in
                    var application = entry.application
                    application.health = health
                    return application
                }, notifications: notifications.map(\.route))
        }
    }

    private static func health(_ fields: StrictMap) -> HealthExpressions.Entry? {
        let kind = fields.required("kind", as: KindName.self).kind
        if HealthRules.isBuiltIn(kind) {
            fields.report("is judged by rules of its own; expressions are for kinds that definitions bring", at: "kind")
        }
        func expression(_ name: String, _ text: String?) -> Expression? {
            guard let text, !text.isEmpty else { return nil }
            do throws(ExpressionError) {
                return try HealthExpressions.compile(text)
            } catch {
                let place = error.position.map { " (at character \($0 + 1))" } ?? ""
                fields.report("is no condition in CEL: \(error.message)\(place)", at: name)
                return nil
            }
        }
        let progressing = expression("progressing", fields.optional("progressing"))
        let failed = expression("failed", fields.optional("failed"))
        guard let healthy = expression("healthy", fields.required("healthy")) else { return nil }
        return HealthExpressions.Entry(kind: kind, progressing: progressing, failed: failed, healthy: healthy)
    }
}

/// An environment as read, with the places that checks need.
struct EnvironmentEntry {
    let name: Located<String>
    let requires: [Located<String>]
    let environment: Environment

    init(_ fields: StrictMap) {
        name = fields.required("name")
        let requirements = fields.maps("requires") { fields -> (name: Located<String>, healthyFor: Duration) in
            (fields.required("environment"), fields.optional("healthyFor") ?? .zero)
        }
        requires = requirements.map(\.name)
        environment = Environment(
            name: name.value,
            namespace: fields.required("namespace", as: NamespaceName.self).text,
            branch: fields.optional("branch", as: BranchName.self)?.text,
            deploy: fields.optional("deploy") ?? .automatic,
            confirmPhrase: fields.optional("confirmPhrase"),
            requires: requirements.map {
                Environment.Requirement(environment: $0.name.value, healthyFor: $0.healthyFor)
            },
            approvals: fields.map("approvals", Self.approvals),
            windows: fields.maps("windows", Self.window),
            cluster: fields.optional("cluster", as: LabelName.self)?.text,
            onRemoval: fields.optional("onRemoval") ?? .prune,
            history: fields.optional("history", as: HistoryDuration.self)?.duration)
        switch (environment.deploy, environment.confirmPhrase) {
        case (.confirm, nil):
            fields.report("is missing: \"deploy: confirm\" needs the words to type", at: "confirmPhrase")
        case (.confirm, ""?): fields.report("is empty", at: "confirmPhrase")
        case (.automatic, _?), (.manual, _?):
            fields.report("has no effect without \"deploy: confirm\"", at: "confirmPhrase")
        default: break
        }
    }

    private static func approvals(_ fields: StrictMap) -> Environment.Approvals {
        let approvals = Environment.Approvals(
            count: fields.required("count"),
            groups: (fields.optional("groups", as: [LabelName].self) ?? []).map(\.text),
            expires: fields.optional("expires", as: PositiveDuration.self)?.duration)
        if !(1...100).contains(approvals.count) { fields.report("must be from 1 to 100", at: "count") }
        return approvals
    }

    private static func window(_ fields: StrictMap) -> Environment.Window {
        let window = Environment.Window(
            kind: fields.required("kind"), schedule: fields.required("schedule"),
            duration: fields.required("duration", as: PositiveDuration.self).duration,
            timeZone: fields.optional("timeZone", as: TimeZoneName.self)?.text ?? "UTC")
        if window.duration > Self.longestWindow {
            fields.report("must be at most \(DurationText.text(Self.longestWindow))", at: "duration")
        }
        return window
    }

    /// Longer than any time of change, and short enough to look through.
    private static let longestWindow = Duration.seconds(31 * 86_400)
}

/// An application as read, with the places that checks need.
struct ApplicationEntry {
    let name: Located<String>
    let environments: [Located<String>]
    let dependsOn: [Located<String>]
    let application: Application

    init(_ fields: StrictMap) {
        name = fields.required("name")
        let places: Located<[Located<String>]> = fields.required("environments")
        environments = places.value
        if environments.isEmpty, !places.path.isEmpty { fields.report("must name at least one", at: "environments") }
        dependsOn = fields.optional("dependsOn") ?? []
        var images: Set<String> = []
        application = Application(
            name: name.value,
            environments: environments.map(\.value),
            path: fields.required("path", as: PathTemplate.self).text,
            namespace: fields.optional("namespace", as: NamespaceName.self)?.text,
            images: fields.maps("images") { [environments] fields in
                let image = Self.image(fields, in: environments.map(\.value))
                if !image.name.isEmpty, !images.insert(image.name).inserted {
                    fields.report("the image \(image.name) stands twice", at: "name")
                }
                return image
            },
            dependsOn: dependsOn.map(\.value),
            hooks: Self.hooks(fields),
            verify: fields.maps("verify", CheckEntry.check).compactMap { $0 },
            timeout: fields.optional("timeout", as: PositiveDuration.self)?.duration ?? .seconds(600),
            grace: fields.optional("grace") ?? .seconds(60),
            rollback: fields.optional("rollback") ?? .automatic,
            prune: fields.optional("prune") ?? .automatic,
            conflicts: Self.conflicts(fields),
            drift: DriftRules(fields.maps("drift", Self.driftRule)),
            onRemoval: fields.optional("onRemoval"),
            bake: fields.optional("bake") ?? .zero,
            entryDigestText: JSON.text(fields.node.value.sortedByKey))
    }

    private static func driftRule(_ fields: StrictMap) -> DriftRule {
        DriftRule(
            kinds: (fields.optional("kinds", as: [KindText].self) ?? []).map(\.text),
            fields: (fields.optional("fields", as: [FieldGlob].self) ?? []).map(\.text),
            managers: (fields.optional("managers", as: [ManagerPattern].self) ?? []).map(\.text),
            action: fields.required("action"))
    }
}
