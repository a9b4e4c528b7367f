package io.jukung.runtime.network.cni;

/** What a plugin is asked for, in CNI_COMMAND. */
public enum CniCommand {
  ADD,
  DEL,
  CHECK,
  GC,
  STATUS,
  VERSION
}
