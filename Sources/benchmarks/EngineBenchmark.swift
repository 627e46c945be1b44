// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import Git
internal import Kustomize
internal import Manifests
internal import TestSupport

/// What the daemon costs from a commit to the cluster: `benchmarks engine [SERVICES]`, eight objects a service.
///
/// Each measurement has a sandbox of its own in another process, asked over HTTPS: `kubectl`, then the first apply of a
/// bare client and of the daemon in turn, then the daemon itself as a whole process.
enum EngineBenchmark {
    static func run() async throws {
        let services = CommandLine.arguments.dropFirst(2).first.flatMap(Int.init) ?? 125
        let sample = try MonorepoSample(services: services)
        let objects = try await render(sample)
        print("\(objects.count) objects of \(services) services")
        if services <= 125 { try await measureKubectl(sample) }
        let daemon = try DaemonMeasurement(sample: sample)
        try await FirstApplyMeasurement(daemon: daemon, objects: objects).run()
        try await daemon.run()
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
}
