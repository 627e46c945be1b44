// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// What a pipeline asks for that cannot come true, or is likely not meant: beyond what parsing finds, and against what its
/// applications consist of.
package struct PipelineReview: Sendable {
    /// What an application consists of in an environment.
    package struct Part: Sendable {
        package var target: TargetID
        package var manifests: [Manifest]

        package init(target: TargetID, manifests: [Manifest]) {
            self.target = target
            self.manifests = manifests
        }
    }

    let pipeline: Pipeline
    let parts: [Part]

    /// - Parameter parts: of the applications that could be rendered; of the others nothing is said.
    package init(pipeline: Pipeline, parts: [Part]) {
        self.pipeline = pipeline
        self.parts = parts
    }

    /// - Parameters:
    ///   - exists: whether a file or folder is in the repository.
    ///   - timeZones: those of the machine; where it has none, none is missed.
    ///   - clusters: those that environments can name; nil where they are not known.
    package func findings(
        exists: (String) -> Bool, timeZones: TimeZones, clusters: [String]? = nil
    ) -> [ReviewFinding] {
        let environments = pipeline.environments.enumerated().flatMap { number, environment in
            review(environment, at: "environments[\(number)]", timeZones)
                + cluster(of: environment, at: "environments[\(number)]", clusters)
        }
        let applications = pipeline.applications.enumerated().flatMap { number, application in
            images(application, at: "applications[\(number)]", exists)
                + verify(application, at: "applications[\(number)]")
        }
        return environments + applications + doubles()
    }

    // MARK: Environments

    private func review(_ environment: Environment, at path: String, _ timeZones: TimeZones) -> [ReviewFinding] {
        var found: [ReviewFinding] = []
        func add(_ severity: ReviewFinding.Severity, _ field: String, _ message: String) {
            found.append(ReviewFinding(severity, .pipeline("\(path).\(field)"), message))
        }
        let own = applications(in: environment.name)
        if own.isEmpty { add(.warning, "name", "no application runs in \(environment.name)") }
        for (number, requirement) in environment.requires.enumerated() {
            guard !own.isEmpty, own.isDisjoint(with: applications(in: requirement.environment)) else { continue }
            add(
                .warning, "requires[\(number)].environment",
                "no application of \(environment.name) runs in \(requirement.environment): there is nothing in it to wait for"
            )
        }
        if let approvals = environment.approvals, approvals.groups.isEmpty {
            add(
                .warning, "approvals",
                "names no groups: whoever reaches the control socket may approve; say \"groups\"")
        }
        let windows = WindowReview(windows: environment.windows, timeZones: timeZones)
        for problem in windows.problems {
            add(
                problem.severity, "windows" + (problem.window.map { "[\($0)].\(problem.field)" } ?? ""), problem.message
            )
        }
        return found
    }

    private func applications(in environment: String) -> Set<String> {
        Set(pipeline.applications.filter { $0.environments.contains(environment) }.map(\.name))
    }

    // MARK: Images

    private func images(
        _ application: Application, at path: String, _ exists: (String) -> Bool
    ) -> [ReviewFinding] {
        var found: [ReviewFinding] = []
        let own = parts.filter { $0.target.application == application.name }
        let names = Set(own.flatMap(\.manifests).flatMap(Self.images).map(ImageName.withoutVersion))
        for (number, image) in application.images.enumerated() {
            let place = "\(path).images[\(number)]"
            let commits = application.environments.lazy.compactMap { image.tag?.commit(in: $0) }
            if case .lastCommit(let folder)? = commits.first, !exists(folder) {
                found.append(
                    ReviewFinding(
                        .error, .pipeline("\(place).from"),
                        "\(folder) is not in the repository, so that no commit can be its last"))
            }
            // Where a part of it could not be rendered, the image may be there.
            guard own.count == application.environments.count, !names.contains(image.newName ?? image.name) else {
                continue
            }
            let ending = Suggestion.ending(for: image.name, among: names.sorted())
            found.append(
                ReviewFinding(
                    .warning, .pipeline("\(place).name"),
                    "no container of \(application.name) has the image \(image.name)\(ending)"))
        }
        return found
    }

    private static func images(of manifest: Manifest) -> [String] {
        (PodTemplate(of: manifest.object)?.containers ?? []).compactMap { $0["image"]?.string }
    }

    // MARK: Checks

    private func verify(_ application: Application, at path: String) -> [ReviewFinding] {
        application.verify.enumerated().flatMap { number, check -> [ReviewFinding] in
            application.environments.compactMap { name in
                guard let environment = pipeline.environment(name) else { return nil }
                let namespace = application.namespace ?? environment.namespace
                let place = "\(path).verify[\(number)].\(check.question.key)"
                return switch check.address {
                case .service(let service, let port):
                    problem(asking: service, port, of: application, in: namespace, environment: name, at: place)
                case .knative(let service):
                    problem(asking: service, nil, of: application, in: namespace, environment: name, at: place)
                case .direct: nil
                case nil: check.job.flatMap { problem(asking: $0, of: application, environment: name, at: place) }
                }
            }
        }
    }

    /// A Job of the application's own, which nothing else can bring.
    private func problem(
        asking job: String, of application: Application, environment: String, at path: String
    ) -> ReviewFinding? {
        let target = TargetID(application: application.name, environment: environment)
        guard let part = parts.first(where: { $0.target == target }),
            !part.manifests.contains(where: { $0.isRun(ofCheck: job) })
        else { return nil }
        let jobs = part.manifests.filter { $0.id.groupKind == GroupKind(group: "batch", kind: "Job") }
        let ending = Suggestion.ending(for: job, among: jobs.map(\.id.name))
        return ReviewFinding(
            .error, .pipeline(path),
            "no manifest of \(target) is a Job \(job): nothing is rolled out until one is, or the check is gone\(ending)"
        )
    }

    private func problem(
        asking asked: String, _ port: String?, of application: Application, in namespace: String, environment: String,
        at path: String
    ) -> ReviewFinding? {
        let isRendered = parts.contains {
            $0.target == TargetID(application: application.name, environment: environment)
        }
        guard isRendered else { return nil }
        let all = parts.flatMap(\.manifests).filter { $0.id.kind == "Service" && $0.id.namespace == namespace }
        let services = all.filter { $0.id.group == (port == nil ? "serving.knative.dev" : "") }
        guard let service = services.first(where: { $0.id.name == asked }) else {
            if port != nil, all.contains(where: { $0.id.name == asked && $0.id.group == "serving.knative.dev" }) {
                return ReviewFinding(
                    .warning, .pipeline("\(path).service"),
                    "the Service \(namespace)/\(asked) is Knative's, which the cluster's proxy does not reach: it is asked at its "
                        + "own URL, as by knative: \(asked) in place of service and port")
            }
            let ending = Suggestion.ending(for: asked, among: services.map(\.id.name))
            return ReviewFinding(
                .warning, .pipeline("\(path).\(port == nil ? "knative" : "service")"),
                "no manifest has a \(port == nil ? "Knative " : "")Service \(namespace)/\(asked): unless something else makes it, every rollout in "
                    + "\(environment) waits for it, with nothing applied\(ending)")
        }
        guard let port, let ports = service.object.value(at: "spec", "ports")?.array else { return nil }
        let known = ports.flatMap { port in
            [port["port"]?.integer.map { String($0) }, port["name"]?.string].compactMap(\.self)
        }
        guard !known.contains(port) else { return nil }
        return ReviewFinding(
            .error, .pipeline("\(path).port"),
            "the Service \(namespace)/\(asked) has no port \(port); it has \(known.joined(separator: ", "))"
        )
    }

    private func cluster(
        of environment: Environment, at path: String, _ clusters: [String]?
    ) -> [ReviewFinding] {
        guard let name = environment.cluster, let clusters, !clusters.contains(name) else { return [] }
        let has = clusters.isEmpty ? "its default one only" : clusters.joined(separator: ", ")
        return [
            ReviewFinding(
                .error, .pipeline("\(path).cluster"),
                "the daemon's configuration has no cluster \(name) (it has \(has)): add it there under `clusters`, or "
                    + "name one of these")
        ]
    }

    // MARK: Objects

    /// One object belongs to one application in one environment; in another cluster it is another object.
    private func doubles() -> [ReviewFinding] {
        struct Place: Hashable {
            var cluster: String
            var object: ObjectID
        }
        var owners: [Place: (target: TargetID, origin: Origin)] = [:]
        var found: [ReviewFinding] = []
        for part in parts {
            let cluster = pipeline.environment(part.target.environment)?.clusterName ?? ""
            for manifest in part.manifests {
                let place = Place(cluster: cluster, object: manifest.id)
                guard let owner = owners[place] else {
                    owners[place] = (part.target, manifest.origin)
                    continue
                }
                let isSameFile = owner.origin == manifest.origin
                let file = isSameFile ? "" : " (\(owner.origin))"
                let hint =
                    isSameFile && owner.target.application == part.target.application
                    ? "leave out the namespace that it states, or give each environment manifests of its own"
                    : "remove it from one of the two"
                found.append(
                    ReviewFinding(
                        .error, manifest, "",
                        "belongs to both \(owner.target)\(file) and \(part.target); \(hint)"))
            }
        }
        return found
    }
}

extension Application.Check.Question {
    /// Its key in the pipeline.
    package var key: String {
        switch self {
        case .http: "http"
        case .tcp: "tcp"
        case .prometheus: "prometheus"
        case .job: "job"
        }
    }
}
