package io.jukung.image.store;

import io.jukung.linux.fs.DiskUsage;

/**
 * The disk space of the store.
 *
 * @param images the number of images
 * @param usedImages the number of images that a container uses or that are pinned
 * @param blobs manifests, configurations and compressed layers, also what was kept of those whose
 *     transfer was interrupted
 * @param layers unpacked layers
 * @param reclaimableBytes the space that is freed if all images are removed that are neither used
 *     nor pinned
 */
public record StoreUsage(
    int images, int usedImages, DiskUsage blobs, DiskUsage layers, long reclaimableBytes) {}
