package io.jukung.runtime.network.cni;

/** The commands of CNI_COMMAND. */
public enum CniCommand {
  ADD,
  DEL,
  CHECK,
  GC,
  STATUS,
  VERSION
}
