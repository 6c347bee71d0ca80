import { type ResourceView, scalarText } from '../../src/remediation.js';

/** What a variant of a type can lack. */
type Capability = 'retention' | 'standby' | 'second-instance' | 'aborted-executions';

interface Variant {
  readonly type: string;
  readonly property: string;
  readonly value: string;
  readonly lacks: Capability;
  /** What a finding says of it. */
  readonly because: string;
}

/** Rules of AWS that hold for one variant of a type, each with its source. */
const variants: readonly Variant[] = [
  {
    // https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch_Logs_Log_Classes.html
    type: 'AWS::Logs::LogGroup',
    property: 'LogGroupClass',
    value: 'DELIVERY',
    lacks: 'retention',
    because: 'of class DELIVERY, whose retention cannot be set',
  },
  {
    // https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_SQLServerMultiAZ.html
    type: 'AWS::RDS::DBInstance',
    property: 'Engine',
    value: 'sqlserver-ex',
    lacks: 'standby',
    because: 'SQL Server Express Edition, which has no Multi-AZ',
  },
  {
    // https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-serverless.how-it-works.html
    type: 'AWS::RDS::DBCluster',
    property: 'EngineMode',
    value: 'serverless',
    lacks: 'second-instance',
    because: 'Aurora Serverless v1, which moves to another zone by itself',
  },
  // https://docs.aws.amazon.com/step-functions/latest/apireference/API_StopExecution.html
  ...[
    ['AWS::StepFunctions::StateMachine', 'StateMachineType'],
    ['AWS::Serverless::StateMachine', 'Type'],
  ].map(
    ([type = '', property = '']): Variant => ({
      type,
      property,
      value: 'EXPRESS',
      lacks: 'aborted-executions',
      because: 'an express workflow, whose executions cannot be stopped',
    }),
  ),
];

/** What a resource lacks because of the variant it is, and whether it may be another one under some condition. */
export function variantWithout(
  view: ResourceView,
  capability: Capability,
): { readonly because: string; readonly isCertain: boolean } | undefined {
  const variant = variants.find(({ type, lacks }) => type === view.type && lacks === capability);
  if (variant === undefined) return undefined;
  const values = view.read(variant.property).map(({ outcome }) => scalarText(outcome)?.toLowerCase());
  const own = values.filter((value) => value === variant.value.toLowerCase());
  if (own.length === 0) return undefined;
  return { because: variant.because, isCertain: own.length === values.length };
}
