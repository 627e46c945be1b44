// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import Git
internal import Kubernetes
internal import Kustomize
internal import Manifests
internal import TestSupport
internal import Transport

/// What the daemon costs from a commit to the cluster: `benchmarks engine [SERVICES]`, eight objects a service.
///
/// Each measurement has a sandbox of its own in another process, asked over HTTPS: `kubectl`, then a bare client that
/// sends the daemon's requests side by side (the floor), then the daemon itself as a whole process.
enum EngineBenchmark {
    private static let width = 16

    static func run() async throws {
        let services = CommandLine.arguments.dropFirst(2).first.flatMap(Int.init) ?? 125
        let sample = try MonorepoSample(services: services)
        let objects = try await render(sample)
        print("\(objects.count) objects of \(services) services")
        if services <= 125 { try await measureKubectl(sample) }
        let floor = try await measureFloor(objects)
        try await DaemonMeasurement(sample: sample, objects: objects, floor: floor).run()
    }

    private static func render(_ sample: MonorepoSample) async throws -> [Object] {
        guard let repository = try LocalRepository.enclosing(sample.repository.path) else { return [] }
        let head = try await repository.resolve("HEAD")
        return try await repository.read(at: head) { tree in
            try Renderer.build("clusters/staging", from: tree).manifests.map(\.object)
        }
    }

    private static func measureKubectl(_ sample: MonorepoSample) async throws {
        let sandbox = try MeasuredSandbox()
        defer { sandbox.terminate() }
        let folder = "\(sample.repository.path)/clusters/staging"
        let apply = ["--kubeconfig", sandbox.kubeconfig, "apply", "--server-side", "-k", folder]
        do {
            let first = try MeasuredProcess.best(of: 1, "kubectl", apply)
            Measure.report("kubectl apply, all new", Measure.milliseconds(first.duration / .seconds(1)))
            let again = try MeasuredProcess.best(of: 1, "kubectl", apply)
            Measure.report("kubectl apply, again", Measure.milliseconds(again.duration / .seconds(1)))
            let diff = try MeasuredProcess.best(
                of: 1, "kubectl", ["--kubeconfig", sandbox.kubeconfig, "diff", "--server-side", "-k", folder])
            Measure.report("kubectl diff, no differences", Measure.milliseconds(diff.duration / .seconds(1)))
        } catch let failure as MeasuredProcess.Failure {
            Measure.report("kubectl", failure.description)
        }
    }

    /// In seconds, all new.
    private static func measureFloor(_ objects: [Object]) async throws -> Double {
        let sandbox = try MeasuredSandbox()
        defer { sandbox.terminate() }
        let transport = try CurlTransport()
        let client = try sandbox.client(over: transport)
        // As the daemon has to: the namespace before what lives in it.
        let first = objects.filter { $0.kind == "Namespace" }
        let rest = objects.filter { $0.kind != "Namespace" }
        let new = try await Measure.seconds {
            try await apply(first, client)
            try await apply(rest, client)
        }
        let again = try await Measure.seconds { try await apply(rest, client) }
        await transport.shutdown()
        Measure.report("bare client, \(width) at a time, all new", Measure.milliseconds(new))
        Measure.report("bare client, again", Measure.milliseconds(again))
        return new
    }

    private static func apply(_ objects: [Object], _ client: KubernetesClient) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (index, object) in objects.enumerated() {
                if index >= width { try await group.next() }
                group.addTask {
                    _ = try await client.apply(object, fieldManager: "bare", force: false, dryRun: false)
                }
            }
            try await group.waitForAll()
        }
    }
}
