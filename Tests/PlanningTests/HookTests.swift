// SPDX-License-Identifier: Apache-2.0

import Manifests
import Testing

@testable import Planning

@Suite("Hooks")
struct HookTests {
    private static let digest = "0123456789abcdef"

    private func job(_ annotations: String, name: String = #""name": "migrate""#, kind: String = "Job") throws -> Object
    {
        let version = kind == "Job" ? "batch/v1" : "v1"
        return try object(
            #"{"apiVersion": "\#(version)", "kind": "\#(kind)", "metadata": {\#(name), "annotations": {\#(annotations)}}}"#
        )
    }

    private func runs(_ object: Object, digest: String = digest) -> [Object] {
        Hook.runs(of: Manifest(object: object, origin: Origin(file: "a.yaml")), digest: digest).map(\.object)
    }

    private static let words: [(String, Hook.Phase?)] = [
        (#""mainstay.dev/hook": "before""#, .before), (#""mainstay.dev/hook": "after""#, .after),
        (#""mainstay.dev/hook": "on-failure""#, .onFailure), (#""argocd.argoproj.io/hook": "PreSync""#, .before),
        (#""argocd.argoproj.io/hook": "Sync""#, .during), (#""argocd.argoproj.io/hook": "PostSync""#, .after),
        (#""argocd.argoproj.io/hook": "SyncFail""#, .onFailure), (#""argocd.argoproj.io/hook": "Skip""#, nil),
        (#""argocd.argoproj.io/hook": "PostDelete""#, nil), ("", nil),
        (#""helm.sh/hook": "pre-install,pre-upgrade""#, .before), (#""helm.sh/hook": "post-upgrade""#, .after),
        (#""helm.sh/hook": "test""#, nil), (#""helm.sh/hook": "pre-delete""#, nil),
        (#""helm.sh/hook": "pre-install", "argocd.argoproj.io/hook": "PostSync""#, .after),
        (#""mainstay.dev/hook": "after", "argocd.argoproj.io/hook": "PreSync""#, .after),
    ]

    @Test("Our words and Argo CD's say when a hook runs; ours come first", arguments: words)
    func phases(annotations: String, phase: Hook.Phase?) throws {
        #expect(Hook(of: try job(annotations))?.phase == phase)
    }

    @Test("When its runs are deleted is said likewise, and without a word they go before the next")
    func deletion() throws {
        let hook = #""argocd.argoproj.io/hook": "Sync""#
        #expect(Hook(of: try job(hook))?.deletion == [.beforeCreation])
        #expect(
            Hook(of: try job(hook + #", "argocd.argoproj.io/hook-delete-policy": "HookSucceeded, HookFailed""#))?
                .deletion
                == [.succeeded, .failed])
        #expect(Hook(of: try job(hook + #", "mainstay.dev/hook-delete": "failed""#))?.deletion == [.failed])
        let helm =
            #""helm.sh/hook": "pre-upgrade", "helm.sh/hook-delete-policy": "hook-succeeded,before-hook-creation""#
        #expect(Hook(of: try job(helm))?.deletion == [.succeeded, .beforeCreation])
    }

    @Test("Helm's hooks for installs and upgrades are one run, those for tests none, and definitions stay as they are")
    func helm() throws {
        #expect(runs(try job(#""helm.sh/hook": "pre-install,pre-upgrade""#)).map(\.name) == ["migrate-0123456789"])
        #expect(runs(try job(#""helm.sh/hook": "test,pre-rollback""#)).isEmpty)
        #expect(runs(try job(#""helm.sh/hook": "post-install,test""#)).count == 1)
        #expect(runs(try job(#""helm.sh/hook": "crd-install""#)).map(\.name) == ["migrate"])
        let removal = Manifest(object: try job(#""helm.sh/hook": "pre-delete""#), origin: Origin(file: "a.yaml"))
        #expect(RemovalHook.runs(of: removal, digest: Self.digest).map(\.phase) == [.before])
    }

    @Test("A Job is named after the digest, so that a new revision has a new one, and knows its name in git")
    func names() throws {
        let run = try #require(runs(try job(#""mainstay.dev/hook": "before""#)).first)
        #expect(run.name == "migrate-0123456789")
        #expect(Hook.identity(of: run)?.name == "migrate")
        let long = try job(#""mainstay.dev/hook": "before""#, name: #""name": "\#(String(repeating: "x", count: 63))""#)
        #expect(runs(long).first?.name.utf8.count == 63)
        let other = try #require(runs(try job(#""mainstay.dev/hook": "before""#), digest: "fedcba9876543210").first)
        let manifest = Manifest(object: run, origin: Origin(file: "a.yaml"))
        #expect(Hook.mayBeRun(other.objectID, of: manifest))
        #expect(!Hook.mayBeRun(try job("", name: #""name": "cleanup-0123456789""#).objectID, of: manifest))
    }

    @Test("generateName becomes a name after the digest, for a hook and for any other object")
    func generated() throws {
        for annotations in ["", #""argocd.argoproj.io/hook": "PostSync""#] {
            let run = try #require(
                runs(try job(annotations, name: #""name": "seed-", "generateName": "seed-""#)).first)
            #expect(run.name == "seed-0123456789")
            #expect(run.value(at: "metadata", "generateName") == nil)
        }
    }

    @Test("A hook of another kind keeps its name, by which others refer to it; what is no hook is as it was")
    func others() throws {
        #expect(runs(try job(#""mainstay.dev/hook": "before""#, kind: "ConfigMap")).first?.name == "migrate")
        let plain = try job("")
        #expect(runs(plain) == [plain])
    }

    @Test("A hook of several phases has a run for each; one that is not run here has none")
    func several() throws {
        let names = runs(try job(#""argocd.argoproj.io/hook": "PreSync, PostSync""#)).map(\.name)
        #expect(names == ["migrate-0123456789", "migrate-after-0123456789"])
        let phases = runs(try job(#""argocd.argoproj.io/hook": "PreSync, PostSync""#)).map { Hook(of: $0)?.phase }
        #expect(phases == [.before, .after])
        #expect(runs(try job(#""argocd.argoproj.io/hook": "Skip""#)).isEmpty)
        #expect(runs(try job(#""argocd.argoproj.io/hook": "PostDelete""#)).isEmpty)
        #expect(Hook.unknownWords(of: try job(#""argocd.argoproj.io/hook": "PostDelete""#)).isEmpty)
    }

    @Test("What is for an application's removal has a run for that alone, and for a rollout what else it names")
    func removal() throws {
        func removal(_ annotations: String) throws -> [RemovalHook] {
            SentForm.removalHooks(
                [Manifest(object: try job(annotations), origin: Origin(file: "a.yaml"))],
                of: TargetID(application: "api", environment: "staging"), source: "s#main", digest: Self.digest)
        }
        let hooks = try removal(#""argocd.argoproj.io/hook": "PreDelete,PostDelete,PostSync""#)
        #expect(hooks.map(\.phase) == [.before, .after])
        #expect(hooks.map(\.manifest.id.name) == ["migrate-0123456789", "migrate-after-removal-0123456789"])
        #expect(hooks.allSatisfy { $0.manifest.object.annotations[SourceMark.key] == "s#main" })
        #expect(hooks.allSatisfy { Ownership.claimedTarget(of: $0.manifest.object)?.application == "api" })
        let both = runs(try job(#""argocd.argoproj.io/hook": "PreDelete,PostDelete,PostSync""#))
        #expect(both.map { Hook(of: $0)?.phase } == [.after])
        #expect(try removal(#""mainstay.dev/hook": "after-removal""#).map(\.phase) == [.after])
        #expect(try removal(#""mainstay.dev/hook": "after""#).isEmpty && removal("").isEmpty)
    }

    @Test("A word that nobody knows drops nothing, and is a mistake")
    func unknown() throws {
        let object = try job(#""mainstay.dev/hook": "befor""#)
        #expect(runs(object) == [object])
        #expect(Hook.unknownWords(of: object) == ["befor"])
        let manifest = Manifest(object: object, origin: Origin(file: "a.yaml", line: 3))
        #expect(
            ManifestCheck(manifests: []).problems(of: manifest).map(\.description).first?
                .hasPrefix("a.yaml:3: Job migrate: metadata.annotations: the hook befor is none of before") == true)
    }

    @Test("A deadline becomes the Job's, unless it has one of its own")
    func deadline() throws {
        let annotations = #""mainstay.dev/hook": "before", "mainstay.dev/hook-deadline": "5m""#
        #expect(runs(try job(annotations)).first?.value(at: "spec", "activeDeadlineSeconds") == 300)
        var own = try job(annotations)
        own.set(10, at: "spec", "activeDeadlineSeconds")
        #expect(runs(own).first?.value(at: "spec", "activeDeadlineSeconds") == 10)
    }
}
