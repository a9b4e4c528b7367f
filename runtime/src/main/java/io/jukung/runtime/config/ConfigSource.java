package io.jukung.runtime.config;

/** Reads the daemon's configuration, at the start and again for each reload. */
@FunctionalInterface
public interface ConfigSource {
  /** Reads all files now. */
  Config read() throws ConfigException;
}
