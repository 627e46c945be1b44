// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// What becomes of what an object owns. Always sent: without it the server orphans a Job's pods.
package enum Propagation: String, Sendable {
    case background = "Background"
    case foreground = "Foreground"
    case orphan = "Orphan"
}

/// A patch other than apply.
package enum Patch: Sendable {
    /// RFC 7386.
    case merge(Object)
    /// RFC 6902.
    case json([Value])
    case strategicMerge(Object)
}

extension KubernetesClient {
    /// `alreadyExists` may be of its own making: libcurl sends a request again, whatever its method, where a connection
    /// that was used before ends without an answer. The daemon applies, and deletes by uid, which may both be repeated;
    /// what alone it creates, the record of who writes to a namespace, it reads again whatever was answered.
    package func create(
        _ object: Object, fieldManager: String = KubernetesClient.writeManager, dryRun: Bool = false
    ) async throws(KubernetesError) -> AppliedObject {
        let subject = "\(dryRun ? "dry-run create" : "create") \(object.objectID)"
        let resource = try await served(object.groupVersionKind, subject: subject)
        if resource.isNamespaced, object.namespace.isEmpty {
            throw KubernetesError(
                code: .invalid, subject: subject, message: "\(resource.kind) is namespaced, and no namespace is given",
                hint: "set metadata.namespace")
        }
        let path = try RequestBuilder.path(resource, namespace: object.namespace, subject: subject)
        var query = RequestBuilder.Query()
        query.add("fieldManager", fieldManager)
        query.add("fieldValidation", "Strict")
        query.add("dryRun", dryRun ? "All" : nil)
        let request = builder.request("POST", path, query: query, body: .object(object.withoutManagedFields))
        do throws(KubernetesError) {
            return try await write(request, subject: subject)
        } catch let error where error.mayHaveBeenDone && !dryRun && !object.name.isEmpty {
            // Unknown outcome: an object that holds all that was sent is what was made.
            let live = try? await get(resource, namespace: object.namespace, name: object.name)
            guard let live, Value.object(live).holds(.object(object)) else { throw error }
            return AppliedObject(object: live, created: true)
        }
    }

    /// - Parameters:
    ///   - subresource: `scale`, `status`; nil for the object itself.
    package func patch(
        _ resource: APIResource, namespace: String, name: String, _ patch: Patch,
        fieldManager: String = KubernetesClient.writeManager, subresource: String? = nil, dryRun: Bool = false
    ) async throws(KubernetesError) -> AppliedObject {
        let subject = subject(dryRun ? "dry-run patch" : "patch", resource, namespace: namespace, name: name)
        let path = try RequestBuilder.path(
            resource, namespace: namespace, name: name, subresource: subresource, subject: subject)
        var query = RequestBuilder.Query()
        query.add("fieldManager", fieldManager)
        query.add("dryRun", dryRun ? "All" : nil)
        let (type, body): (RequestBuilder.Patch, Value) =
            switch patch {
            case .merge(let object): (.merge, .object(object))
            case .json(let operations): (.json, .array(operations))
            case .strategicMerge(let object): (.strategic, .object(object))
            }
        let request = builder.request("PATCH", path, query: query, body: body, contentType: type.rawValue)
        return try await write(request, subject: subject)
    }

    /// Asks for the deletion; finalizers may hold the object for a while.
    ///
    /// - Parameters:
    ///   - uid: the object that is meant; another one of the same name is a `conflict` and is left alone.
    /// - Returns: false when there was nothing to delete.
    ///
    /// Where the outcome is unknown the object is read before anything else: gone, being deleted or made anew, it was
    /// done; still there, the failure is thrown.
    package func delete(
        _ resource: APIResource, namespace: String, name: String, uid: String, propagation: Propagation,
        dryRun: Bool = false
    ) async throws(KubernetesError) -> Bool {
        let subject = subject(dryRun ? "dry-run delete" : "delete", resource, namespace: namespace, name: name)
        let path = try RequestBuilder.path(resource, namespace: namespace, name: name, subject: subject)
        var options: Object = [
            "apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": .string(propagation.rawValue),
        ]
        guard !uid.isEmpty else {
            throw KubernetesError(
                code: .invalid, subject: subject, message: "only what was read before is deleted, and by its uid")
        }
        options["preconditions"] = ["uid": .string(uid)]
        if dryRun { options["dryRun"] = ["All"] }
        do throws(KubernetesError) {
            _ = try await performNoticing(
                builder.request("DELETE", path, body: .object(options)), subject: subject)
            return true
        } catch let error where error.code == .notFound || error.code == .namespaceNotFound {
            return false
        } catch let error where error.mayHaveBeenDone && error.code != .cancelled && !dryRun {
            guard let live = try await readAgain(resource, namespace: namespace, name: name, after: error) else {
                return true
            }
            if live.uid != uid || live.value(at: "metadata", "deletionTimestamp") != nil { return true }
            throw error
        }
    }

    /// The first failure says more than that of the look.
    private func readAgain(
        _ resource: APIResource, namespace: String, name: String, after error: KubernetesError
    ) async throws(KubernetesError) -> Object? {
        do throws(KubernetesError) {
            return try await get(resource, namespace: namespace, name: name)
        } catch {}
        throw error
    }
}

extension Value {
    /// Everything of the other is here too, with whatever the server added: defaults, and fields of its own.
    fileprivate func holds(_ other: Value) -> Bool {
        switch (self, other) {
        case (.object(let mine), .object(let theirs)):
            theirs.pairs.allSatisfy { pair in mine[pair.key].map { $0.holds(pair.value) } ?? pair.value.isNull }
        case (.array(let mine), .array(let theirs)):
            mine.count == theirs.count && zip(mine, theirs).allSatisfy { $0.holds($1) }
        default: self == other
        }
    }
}
