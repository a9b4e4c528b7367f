package io.jukung.image.store;

import java.nio.file.Path;
import java.util.List;

/**
 * The root file system of an image.
 *
 * @param lowerDirectories the mounted layers, topmost first, in the order of overlayfs' {@code
 *     lowerdir+}
 */
public record Rootfs(List<Path> lowerDirectories) {}
