package io.jukung.runtime.network;

/** What a plugin is asked for, in CNI_COMMAND. */
enum CniCommand {
  ADD,
  DEL,
  CHECK,
  GC,
  STATUS,
  VERSION
}
