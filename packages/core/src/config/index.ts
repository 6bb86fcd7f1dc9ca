/** What every program that reads a configuration shares: faults with places, units, suggestions. Pure. */
export {
  type ConfigFault,
  ConfigInvalid,
  type ConfigPath,
  formatFault,
  oneOf,
  type Place,
  pathText,
  placeFaults,
  showAll,
  showNone,
  suggestion,
  type UnplacedFault,
  unplacedFaults,
  valueAt,
} from "./config-fault.ts"
export { unknownKey } from "./known-keys.ts"
export { configParts, unknownPartFaults } from "./parts.ts"
export { nearest } from "./suggest.ts"
export { countField, durationField, parseDuration, parseSize, sizeField, yesNoField } from "./units.ts"
export { maxConfigBytes, readYaml, type YamlLibrary, type YamlSource } from "./yaml-source.ts"
