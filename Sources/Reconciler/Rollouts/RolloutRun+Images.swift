// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning

/// An image that CI is still building is waited for before anything is applied.
extension RolloutRun {
    /// What is known of an image so far.
    struct ImageLook {
        var backoff = Backoff(first: .seconds(2), limit: .seconds(30))
        /// Not asked again before.
        var askAt: Timestamp?
        var hasBeenMissing = false
        /// When it was missing first, where the daemon was started again since; without that, from when on it looks.
        var resumedSince: Timestamp?
        var failures = 0
        var cause: Cause?
        /// It is there, or nobody can say: the pods will tell.
        var isSettled = false
    }

    /// An image that is awaited, and the pods that need it.
    private struct AwaitedImage {
        var image: RegistryImage
        var wait: Duration
        var workload: ObjectID
        var pod: Object
    }

    /// How often a registry that does not answer is tried, before the pods are left to tell.
    private static var triesOfDeafRegistry: Int { 3 }

    func missingImage() async throws -> Hindrance? {
        // What is brought back was there, and is better than what failed.
        guard start.trigger != .rollback else { return nil }
        for awaited in await awaitedImages() {
            let image = awaited.image
            var look = try await knownLook(at: image)
            guard !look.isSettled else { continue }
            if let askAt = look.askAt, time.now < askAt {
                if let cause = look.cause { return .waits(cause) }
                continue
            }
            let credentials: [PullCredential]
            do throws(ClusterFailure) {
                credentials = try await pullCredentials(of: awaited.pod, in: awaited.workload.namespace)
            } catch {
                return .waits(Cause(object: awaited.workload, reason: error.code.rawValue, message: error.message))
            }
            let answer = await context.registry.look(for: image, with: credentials)
            try Task.checkCancellation()
            let hasBeenMissing = look.hasBeenMissing
            let hindrance = take(answer, of: awaited, &look)
            if look.hasBeenMissing, !hasBeenMissing {
                // A daemon that is started again meanwhile asks a registry that may not answer.
                try await context.store.recordCheckBegin(Self.missing(image), of: start.id, at: context.now)
            }
            imageLooks[image] = look
            if let hindrance { return hindrance }
        }
        return nil
    }

    /// As this daemon knows it, or as the one before it found it.
    private func knownLook(at image: RegistryImage) async throws -> ImageLook {
        if let known = imageLooks[image] { return known }
        var look = ImageLook()
        if isResumed {
            let missingSince = try await context.store.checkBegin(Self.missing(image), of: start.id)
            look.hasBeenMissing = missingSince != nil
            look.resumedSince = missingSince.map(inItsTime) ?? time.now
        }
        imageLooks[image] = look
        return look
    }

    /// Beside the checks, whose names begin with a number.
    private static func missing(_ image: RegistryImage) -> String { "image: \(image)" }

    private func take(_ answer: ImageAnswer, of awaited: AwaitedImage, _ look: inout ImageLook) -> Hindrance? {
        let isFromBegin = hinderedUntil == nil && look.resumedSince == nil
        let deadline = (hinderedUntil ?? look.resumedSince ?? began) + awaited.wait
        let isOver = time.now >= deadline
        switch answer {
        case .isThere:
            look.isSettled = true
            // Whatever fails to pull it now is not that it was not built yet.
            judge.stopWaiting(forImage: ImageName.withoutVersion(awaited.image.description))
            return nil
        case .isMissing where isOver:
            return .fails(
                cause(
                    awaited,
                    "\(awaited.image) is not in the registry \(awaited.image.host), "
                        + "\(DurationText.text(awaited.wait)) after \(isFromBegin ? "the rollout began" : "nothing else was missing") (images[].wait): see whether CI built "
                        + "and pushed it; once it is there, let it go on with mainstay release "
                        + "\(start.target.application) -e \(start.target.environment); nothing was applied"))
        case .isMissing:
            look.hasBeenMissing = true
            look.cause = cause(
                awaited,
                "waits for the image \(awaited.image), which the registry \(awaited.image.host) does not have yet; the "
                    + "rollout goes on by itself when it is there, and fails at \(shown(deadline).secondsDescription)")
        case .unknown(let why, let isTransient):
            look.failures += 1
            let isHopeless = !isTransient || (!look.hasBeenMissing && look.failures >= Self.triesOfDeafRegistry)
            if isHopeless || isOver {
                look.isSettled = true
                notes.append(
                    "whether the registry \(awaited.image.host) has \(awaited.image) could not be asked: \(why)")
                return nil
            }
            look.cause = look.cause ?? cause(awaited, "asks again: \(why)", reason: "RegistryUnavailable")
        }
        look.askAt = time.now + look.backoff.next(random: context.surroundings.random())
        if let askAt = look.askAt, !isOver { look.askAt = min(askAt, deadline) }
        return look.cause.map(Hindrance.waits)
    }

    /// By the clock as it is set now.
    private func shown(_ moment: Timestamp) -> Timestamp { moment + context.clockWatch.jumped(since: time.begun) }

    private func cause(_ awaited: AwaitedImage, _ message: String, reason: String = "ImageMissing") -> Cause {
        Cause(object: awaited.workload, reason: reason, message: message, image: awaited.image.description)
    }

    /// The images that the pipeline says to wait for, of registries that may be asked. What runs already needs no
    /// registry, which may have removed it since.
    private func awaitedImages() async -> [AwaitedImage] {
        let waits = JudgeSettings(desired.application).imageWaits
        guard !waits.isEmpty else { return [] }
        var found: [AwaitedImage] = []
        var seen: Set<RegistryImage> = []
        for manifest in desired.manifests {
            guard let pod = manifest.object.podSpecification else { continue }
            for text in pod.images {
                guard let wait = waits[ImageName.withoutVersion(text)], let image = RegistryImage(text),
                    context.registry.mayAsk(image.host), seen.insert(image).inserted
                else { continue }
                if await context.view.object(manifest.id)?.podSpecification?.images.contains(text) == true { continue }
                found.append(AwaitedImage(image: image, wait: wait, workload: manifest.id, pod: pod))
            }
        }
        return found
    }

    // MARK: Pull secrets

    /// Of the pod, or else of its service account (as admission gives them to the pod).
    private func pullCredentials(
        of pod: Object, in namespace: String
    ) async throws(ClusterFailure) -> [PullCredential] {
        var names = pod.pullSecretNames
        if names.isEmpty {
            let account = ObjectID(
                group: "", kind: "ServiceAccount", namespace: namespace,
                name: pod["serviceAccountName"]?.string ?? "default")
            names = try await known(account)?.pullSecretNames ?? []
        }
        var credentials: [PullCredential] = []
        for name in names.prefix(Self.mostPullSecrets) {
            let id = ObjectID(group: "", kind: "Secret", namespace: namespace, name: name)
            // A missing one stops no pod, and no question either.
            guard let secret = try await known(id) else { continue }
            guard let found = PullCredential.all(in: secret) else {
                let note = "\(id) is named as a pull secret, and holds no registry's credentials"
                if !notes.contains(note) { notes.append(note) }
                continue
            }
            credentials += found
        }
        return credentials
    }

    private static var mostPullSecrets: Int { 16 }

    /// As it will be, or as the cluster has it; nil where it is in neither, or may not be read.
    private func known(_ id: ObjectID) async throws(ClusterFailure) -> Object? {
        if let manifest = manifests[id] { return manifest.object }
        do throws(ClusterFailure) {
            return try await context.cluster.get(id, version: "v1")
        } catch {
            guard error.code != .forbidden else { return nil }
            throw error
        }
    }
}

extension Object {
    /// Of all containers of a pod.
    var images: [String] {
        ((self["initContainers"]?.array ?? []) + (self["containers"]?.array ?? [])).compactMap { $0["image"]?.string }
    }

    /// Of a pod or a ServiceAccount.
    fileprivate var pullSecretNames: [String] {
        (self["imagePullSecrets"]?.array ?? []).compactMap { $0["name"]?.string }
    }
}
