// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Foundation
internal import Kubernetes
internal import Manifests
internal import Planning
internal import Reconciler
internal import Transport

/// What is rendered: options of every command that looks at local files as a pipeline has them.
struct FilesOptions: ParsableArguments {
    @Argument(
        help: ArgumentHelp("A manifest, a folder or a repository (default: the current folder).", valueName: "path"),
        completion: .directory)
    var path = "."

    @Option(
        name: [.short, .long],
        help: ArgumentHelp("Take this commit, branch or tag in place of the files as they are.", valueName: "rev"))
    var revision: String?

    @Option(name: [.short, .long], help: ArgumentHelp("Only this environment's applications.", valueName: "name"))
    var environment: String?

    @Option(name: [.short, .long], help: ArgumentHelp("Only this application.", valueName: "name"))
    var application: String?

    func rendering() async throws -> LocalRendering {
        LocalRendering(
            files: try await LocalFiles(path, revision: revision), environment: environment, application: application)
    }
}

/// Which cluster is compared with.
struct ClusterOptions: ParsableArguments {
    @Option(
        name: .long,
        help: ArgumentHelp(
            "The kubeconfig of the cluster (default: $KUBECONFIG, then ~/.kube/config, then the pod's own account).",
            valueName: "file"), completion: .file())
    var kubeconfig: String?

    @Option(name: .long, help: ArgumentHelp("The kubeconfig's context (default: its current one).", valueName: "name"))
    var context: String?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Compare each environment with its own cluster of this configuration of a daemon, and with what it allows; "
                + "--kubeconfig goes before.", valueName: "file"), completion: .file())
    var config: String?

    /// A cluster is meant that is no daemon's to say.
    var isNamed: Bool { kubeconfig != nil || context != nil || config != nil }

    /// The clusters of the configuration, where one is given.
    ///
    /// - Throws: `ConfigurationError`, and `KubernetesError` where a kubeconfig is wrong.
    func configured(environment: [String: String]) throws -> (configuration: Configuration, main: ClusterEndpoint)? {
        guard let config, kubeconfig == nil, context == nil else { return nil }
        let configuration = try ConfigurationFile.load(config, environment: environment)
        return (configuration, try Daemon.endpoint(configuration.cluster, environment: environment))
    }

    /// - Throws: `KubernetesError` where the kubeconfig is wrong.
    func endpoint(environment: [String: String]) throws -> ClusterEndpoint {
        let home = environment["HOME"].map { "\($0)/.kube/config" }
        // Of a list, kubectl merges all; what CI sets is one.
        let listed = environment["KUBECONFIG"]?.split(separator: ":").first.map(String.init)
        let file = kubeconfig ?? listed ?? home.flatMap { FileManager.default.fileExists(atPath: $0) ? $0 : nil }
        do throws(KubernetesError) {
            return try Daemon.endpoint(
                Configuration.Cluster(kubeconfig: file, context: context), environment: environment)
        } catch var error {
            if let file, error.subject == "cluster.kubeconfig" {
                error.subject = file
                error.hint = "name the kubeconfig with --kubeconfig"
            }
            throw error
        }
    }
}

/// A running daemon that is asked for the plan, in place of a cluster.
struct PlanSocketOptions: ParsableArguments {
    @Option(
        name: .long,
        help: ArgumentHelp(
            "Ask the daemon at this control socket, which has the credentials and the inventory: for what its "
                + "environments follow, or with --revision for any branch or commit. Only this option asks a daemon; "
                + "$MAINSTAY_SOCKET alone does not.", valueName: "path"),
        completion: .file())
    var socket: String?
}

/// Makes a plan for a command, and says by the exit status what it found.
struct PlanRun {
    let files: FilesOptions
    let cluster: ClusterOptions
    let daemon: PlanSocketOptions

    /// A daemon plans with the cluster of its own configuration.
    func validate() throws {
        guard daemon.socket != nil, cluster.isNamed else { return }
        throw ValidationError(
            "--socket asks the daemon, which plans for its own clusters: leave --kubeconfig, --context and --config out, or "
                + "--socket")
    }

    /// - Throws: a `CommandFailure` with status 2 for whatever keeps it from making one.
    func report() async throws -> PlanReport {
        // Where the environment names a daemon, the files here are meant all the same: who changed them wants to see it.
        if let socket = daemon.socket { return try await report(from: socket) }
        do {
            let rendering = try await files.rendering()
            let environment = ProcessInfo.processInfo.environment
            let configured = try cluster.configured(environment: environment)
            let endpoint = try configured?.main ?? cluster.endpoint(environment: environment)
            let further = try configured?.configuration.clusters.map {
                (name: $0.name, endpoint: try Daemon.endpoint(of: $0, environment: environment))
            }
            try CurlTransport.globalInit()
            let transport = try CurlTransport()
            let connect = { (endpoint: ClusterEndpoint) in
                KubernetesClient(
                    endpoint: endpoint, transport: transport, userAgent: Version.userAgent, clock: ContinuousClock(),
                    now: SystemTime.now)
            }
            let plan = LocalPlan(
                rendering: rendering, client: connect(endpoint),
                further: further?.map { ($0.name, connect($0.endpoint)) },
                allow: configured?.configuration.allow ?? AllowRules(), hash: ValueHash())
            let result: Result<PlanReport, any Error>
            do {
                result = .success(try await plan.report())
            } catch {
                result = .failure(error)
            }
            await transport.shutdown()
            return try result.get()
        } catch {
            throw CommandFailure.start("\(error)")
        }
    }

    private func report(from socket: String) async throws -> PlanReport {
        guard files.path == "." else {
            throw CommandFailure.start(
                "a daemon plans revisions of its repository, not \(files.path); name one with --revision, or a cluster with "
                    + "--kubeconfig")
        }
        var query = URLComponents()
        query.queryItems = [
            ("application", files.application), ("environment", files.environment), ("revision", files.revision),
        ].compactMap { name, value in value.map { URLQueryItem(name: name, value: $0) } }
        let text = query.percentEncodedQuery?.replacing("+", with: "%2B") ?? ""
        let answer: Value
        do {
            let control = try ControlOptions.parse(["--socket", socket])
            answer = try await control.ask(
                "GET", "/api/v1/plan" + (text.isEmpty ? "" : "?\(text)"),
                naming: "name its socket with --socket, or a cluster with --kubeconfig")
        } catch is ExitCode {
            // What is wrong was said; here it is always an error.
            throw ExitCode(2)
        }
        guard let report = PlanReport(answer) else {
            throw CommandFailure.start("\(socket) answered with no plan: is this daemon older than this command?")
        }
        return report
    }

    /// Ends the command as `kubectl diff` does: 0 for no difference, 1 for some, 2 for an error.
    static func end(_ report: PlanReport) throws {
        if report.outcome != .same { throw ExitCode(report.outcome.rawValue) }
    }
}
