package io.jukung.runtime.launch;

import java.nio.file.Path;
import java.util.List;

/**
 * The directories of a container's root file system.
 *
 * @param lowerDirectories the image's layers, the topmost first
 * @param upper receives what the container writes
 * @param work a directory for overlayfs itself, on the file system of {@code upper}
 */
public record Overlay(List<Path> lowerDirectories, Path upper, Path work) {
  public Overlay {
    lowerDirectories = List.copyOf(lowerDirectories);
  }
}
