package io.jukung.image.store;

import io.jukung.image.manifest.ImageConfig;
import java.util.List;

/**
 * A complete image in the store.
 *
 * @param id the digest of its configuration, {@code sha256:…}; of an artifact, the digest of its
 *     manifest
 * @param repoTags names with tags, as in {@code docker.io/library/busybox:latest}, sorted
 * @param repoDigests names with the digest of a manifest or index, as in {@code name@sha256:…},
 *     sorted
 * @param sizeBytes its disk space, including content that it shares with other images
 * @param config empty for an artifact
 * @param artifact whether the image consists of files that can only be mounted
 * @param pinned whether the node's garbage collection must keep it
 */
public record StoredImage(
    String id,
    List<String> repoTags,
    List<String> repoDigests,
    long sizeBytes,
    ImageConfig config,
    boolean artifact,
    boolean pinned) {}
